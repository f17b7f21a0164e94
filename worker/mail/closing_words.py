"""How people end a mail, in many languages, and what stands between a closing and a name."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(word.casefold().split()) for word in text.replace("\n", "|").split("|") if word.strip())


CLOSINGS = _words("""
    best regards|kind regards|kindest regards|warm regards|warmest regards|regards|best|all the best|best wishes
    with best wishes|warmly|cheers|sincerely|yours sincerely|yours faithfully|yours truly|sincerely yours
    respectfully|respectfully yours|yours|very truly yours|cordially|with kind regards|with best regards
    with warm regards|many regards|br|kr|rgds|brgds|bests|rgrds|take care|love|xoxo|talk soon|very best
    with regards|best rgds|best to you|kind rgds|faithfully|with appreciation|with gratitude|in friendship
    with respect|very best regards|mit freundlichen grüßen|mit freundlichen gruessen|mit freundlichen grüssen
    mit freundlichem gruß|mit freundlichem gruss|freundliche grüße|freundliche grüsse|freundlicher gruß
    freundliche gruesse|viele grüße|viele grüsse|viele gruesse|liebe grüße|liebe grüsse|beste grüße|beste grüsse
    beste gruesse|besten gruß|beste gruss|herzliche grüße|herzliche grüsse|herzlichen gruß|herzlichst
    mit besten grüßen|mit besten grüssen|mit herzlichen grüßen|mit lieben grüßen|mit vielen grüßen|schöne grüße
    schöne grüsse|schönen gruß|sonnige grüße|grüße|grüsse|gruesse|gruß|gruss|lieber gruß|lieben gruß
    hochachtungsvoll|mfg|lg|vg|bg|mit kollegialen grüßen|mit freundlicher empfehlung|mit sportlichen grüßen
    herzliche gruesse|liebe gruesse|freundlichst|ihr|ihre|dein|deine|alles gute|bis bald|bis dann|tschüss|ciao
    servus|cordialement|bien cordialement|très cordialement|bien à vous|bien à toi|amicalement|sincèrement
    salutations|sincères salutations|salutations distinguées|meilleures salutations
    avec mes meilleures salutations|cdt|cdlt|bien amicalement|à bientôt|respectueusement|salutations cordiales
    meilleurs messages|bises|bisous|bonne journée|bonne soirée|bonne fin de journée|bien sincèrement
    cordiales salutations|je vous prie d'agréer, madame, monsieur, l'expression de mes salutations distinguées
    veuillez agréer mes salutations distinguées|belle journée|excellente journée|très bonne journée
    bonne réception|avec nos salutations les meilleures|à très bientôt|bav|cordialement vôtre|saludos|un saludo
    saludos cordiales|un cordial saludo|cordiales saludos|atentamente|muy atentamente|cordialmente|atte|atte.
    un abrazo|abrazos|saludos atentos|reciba un cordial saludo|un fuerte abrazo|le saluda atentamente
    un saludo cordial|saludos afectuosos|slds|besos|le saludo atentamente|reciban un cordial saludo
    recibe un cordial saludo|mis saludos|muchos saludos|hasta pronto|quedo a su disposición|cordiali saluti
    distinti saluti|un cordiale saluto|saluti|un saluto|cari saluti|un caro saluto|con i migliori saluti
    i migliori saluti|tanti saluti|in fede|cordialità|a presto|buona giornata|buona serata|buon lavoro
    un abbraccio|saluti cordiali|cordialissimi saluti|con cordialità|buon pomeriggio|migliori saluti|con stima
    met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|hartelijke groet
    hartelijke groeten|groet|groeten|met hartelijke groet|met hartelijke groeten|hoogachtend|mvg|groetjes
    beste groeten|met beste groeten|gr|veel groeten|liefs|tot snel|met groet|met groeten
    met de meeste hoogachting|met beste groet|m.v.g|warme groet|fijne dag|hartelijks|atenciosamente|cumprimentos
    com os melhores cumprimentos|melhores cumprimentos|os melhores cumprimentos|abraço|abraços|um abraço
    grande abraço|cordialmente|att|att.|at.te|saudações|com os meus cumprimentos|respeitosamente
    cordiais cumprimentos|com cumprimentos|até breve|um grande abraço|saudações cordiais|cordiais saudações|bjs
    beijos|atentamente|abs|sds|sinceramente|um forte abraço|forte abraço|pozdrawiam|pozdrawiamy|z poważaniem
    z powazaniem|z wyrazami szacunku|serdecznie pozdrawiam|pozdrawiam serdecznie|łączę pozdrowienia|pozdrowienia
    z pozdrowieniami|serdeczne pozdrowienia|pozdr|pzdr|pozdro|z serdecznymi pozdrowieniami|miłego dnia
    z uszanowaniem|łączę wyrazy szacunku|z wyrazami uszanowania|med vänlig hälsning|med vänliga hälsningar
    vänliga hälsningar|vänlig hälsning|hälsningar|hälsning|bästa hälsningar|mvh|vh|med vänlig halsning
    med bästa hälsningar|med bästa hälsning|bästa hälsning|varma hälsningar|hälsar|allt gott|ha det bra|kram
    hjärtliga hälsningar|många hälsningar|hej så länge|med venlig hilsen|venlig hilsen|de bedste hilsner
    bedste hilsner|hilsen|hilsner|mange hilsner|kærlig hilsen|kh|vh|dbh|med venlige hilsner|venlige hilsner|knus
    de venligste hilsner|med de bedste hilsner|bedste hilsen|kærlige hilsner|vi ses|med hilsen|varme hilsner
    de bedste ønsker|med vennlig hilsen|vennlig hilsen|beste hilsen|beste hilsner|med beste hilsen|mvh.
    hilsen fra|vennlige hilsener|med vennlige hilsener|ha det|klem|mange hilsener|med hilsing|med venleg helsing
    venleg helsing|helsing|beste helsing|ha en fin dag|hjertelig hilsen|ystävällisin terveisin|parhain terveisin
    terveisin|terveiset|t.|yt|ystävällisesti|kunnioittavasti|parhain terveisin,|terv|terv.|yst. terv|yst.terv
    hyvää päivänjatkoa|lämpimin terveisin|kiittäen|mukavaa päivänjatkoa|hyvin terveisin|sydämellisin terveisin
    parhaimmin terveisin|敬具|草々|早々|かしこ|拝|謹白|敬白|此致|敬礼|此致 敬礼|祝好|祝 好|顺祝商祺|顺颂商祺
    商祺|祝工作顺利|顺祝 商祺|敬上|謹啟|敬啟|順頌商祺|敬祝|此致敬礼|祝您工作愉快|祝您生活愉快|顺颂 商祺|祝商祺
    祝順心|順祝商祺|此致 敬禮|敬禮|祝您一切順利|祝您一切顺利|祝顺利|祝安好|安好|감사합니다|고맙습니다|드림|올림
    안녕히 계세요|좋은 하루 되세요|с уважением|с наилучшими пожеланиями|с уважением,|всего доброго|с наилучшими
    всего хорошего|искренне ваш|с приветом|хорошего дня|с почтением|з повагою|з найкращими побажаннями
    всього найкращого|щиро|гарного дня|усього найкращого|з пошаною|s pozdravem|s přátelským pozdravem|s úctou
    zdravím|pozdravem|s přáním hezkého dne|s pozdravom|s úctou,|pekný deň|srdečně|hezký den|s přáním pěkného dne
    üdvözlettel|tisztelettel|üdv|baráti üdvözlettel|szívélyes üdvözlettel|köszönettel|üdvözlet|cu stimă
    cu respect|cu drag|toate cele bune|o zi bună|numai bine|cele bune|cu considerație|saygılarımla
    saygılarımızla|iyi çalışmalar|sevgiler|selamlar|sevgilerimle|iyi günler|kolay gelsin|hürmetlerimle
    με εκτίμηση|φιλικά|με φιλικούς χαιρετισμούς|χαιρετισμούς|בברכה|בכבוד רב|בברכת שלום|مع التحية|مع تحياتي
    تحياتي|مع خالص التحية|مع أطيب التحيات|salutacions|salutacions cordials|atentament|cordialment|una abraçada
    s poštovanjem|srdačan pozdrav|lijep pozdrav|pozdrav|lep pozdrav|lp|s spoštovanjem|lugupidamisega
    parimate soovidega|ar cieņu|pagarbiai|su pagarba|с поздрави|поздрави|trân trọng|thân mến|kính thư
    hormat saya|salam|terima kasih dan salam|kveðja|með kveðju|bestu kveðjur|ขอแสดงความนับถือ
    with thanks and regards|thanks and regards|thanks & regards|thanks and best regards|thanks & best regards
    thank you and best regards|thank you and kind regards|thanks and kind regards|many thanks and best regards
    many thanks and kind regards|thank you & regards|danke und gruß|danke und viele grüße
    vielen dank und viele grüße|vielen dank und beste grüße|vielen dank und freundliche grüße
    vielen dank und mit freundlichen grüßen|danke und beste grüße|danke & gruß|vielen dank und liebe grüße
    dank und gruß|merci et bonne journée|merci et à bientôt|bedankt en groet|bedankt en met vriendelijke groet
    gracias y saludos|gracias y un saludo|grazie e saluti|grazie e cordiali saluti|obrigado e cumprimentos
    tack och hälsningar|tak og hilsen|dzięki i pozdrawiam|dziękuję i pozdrawiam
""")

THANKS = _words("""
    thanks|thank you|many thanks|thanks a lot|thanks again|thank you very much|thanks so much|thank you so much
    thx|ty|thanks in advance|ta|tia|thank you in advance|much appreciated|with thanks|big thanks
    thanks a million|thank you again|danke|vielen dank|danke schön|dankeschön|besten dank|herzlichen dank
    danke dir|danke ihnen|danke im voraus|vielen dank im voraus|danke vorab|vielen dank vorab|lieben dank
    tausend dank|merci|merci beaucoup|merci d'avance|avec mes remerciements|merci bien|mille mercis
    merci par avance|gracias|muchas gracias|gracias de antemano|mil gracias|muchas gracias de antemano|grazie
    grazie mille|molte grazie|grazie in anticipo|ti ringrazio|la ringrazio|bedankt|dank je|dank u|dank je wel
    dank u wel|alvast bedankt|hartelijk dank|hartelijk bedankt|bij voorbaat dank|bvd|obrigado|obrigada
    muito obrigado|muito obrigada|obrigado desde já|grato|grata|dziękuję|dzięki|dziękuję bardzo|z góry dziękuję
    wielkie dzięki|serdecznie dziękuję|tack|tack så mycket|tack på förhand|tusen tack|stort tack|tack igen|tak
    mange tak|tusind tak|på forhånd tak|takk|tusen takk|mange takk|på forhånd takk|takk skal du ha|kiitos
    kiitoksia|paljon kiitoksia|kiitos etukäteen|kiitti|kiitos paljon|谢谢|多谢|非常感谢|謝謝|多謝|感謝
    よろしくお願いします|よろしくお願いいたします|よろしくお願い致します|よろしくお願い申し上げます
    宜しくお願いします|宜しくお願いいたします|宜しくお願い致します|どうぞよろしくお願いいたします
    以上、よろしくお願いいたします|以上、よろしくお願いします|何卒よろしくお願いいたします
    ありがとうございます|ありがとうございました|спасибо|большое спасибо|заранее спасибо|благодарю|дякую
    щиро дякую|děkuji|díky|děkuju|děkujeme|předem děkuji|ďakujem|vďaka|köszönöm|köszi|előre is köszönöm
    mulțumesc|multumesc|vă mulțumesc|teşekkürler|teşekkür ederim|ευχαριστώ|תודה|תודה רבה|شكرا|شكراً|gràcies
    moltes gràcies|hvala|hvala lijepa|aitäh|tänan|paldies|ačiū|благодаря|cảm ơn|terima kasih|ขอบคุณ
""")

LOOSE = _words("best|love|yours|cheers|warmly|ciao|ihr|ihre|dein|deine|yt|gr|t.|lp|salam|att|ta|ty|pozdrav")
"""Closings that are also ordinary words: a name on the same line has to stand behind a comma."""

FROM_WORDS = _words("from|aus|de|du|des|depuis|da|dal|dalla|van|uit|från|fra|frå|z|ze|iz|из|з|din|desde|do")
"""What stands between a closing and a place: "Viele Grüße aus Berlin"."""

POSTSCRIPT = _words("ps|p.s|p.s.|pps|p.p.s|p.p.s.|nb|n.b.|n.b|追伸|又及|附言|пс|з.ы|з.и")
