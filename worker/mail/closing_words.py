"""How people end a mail, and what their phones and firms print below it."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(" ".join(word.casefold().split()) for line in text.split("\n") for word in line.split("|") if word.strip())


CLOSINGS = _words("""
    best regards|kind regards|kindest regards|warm regards|warmest regards|regards|best|all the best|best wishes|with best wishes|warmly|cheers
    sincerely|yours sincerely|yours faithfully|yours truly|sincerely yours|respectfully|respectfully yours|yours|very truly yours|cordially
    with kind regards|with best regards|with warm regards|many regards|br|kr|rgds|brgds|bests|rgrds|take care|love|xoxo|talk soon|very best
    with regards|best rgds|best to you|kind rgds|faithfully|with appreciation|with gratitude|in friendship|with respect|very best regards
    mit freundlichen grüßen|mit freundlichen gruessen|mit freundlichen grüssen|mit freundlichem gruß|mit freundlichem gruss|freundliche grüße
    freundliche grüsse|freundlicher gruß|freundliche gruesse|viele grüße|viele grüsse|viele gruesse|liebe grüße|liebe grüsse|beste grüße
    beste grüsse|beste gruesse|besten gruß|beste gruss|herzliche grüße|herzliche grüsse|herzlichen gruß|herzlichst|mit besten grüßen
    mit besten grüssen|mit herzlichen grüßen|mit lieben grüßen|mit vielen grüßen|schöne grüße|schöne grüsse|schönen gruß|sonnige grüße|grüße
    grüsse|gruesse|gruß|gruss|lieber gruß|lieben gruß|hochachtungsvoll|mfg|lg|vg|bg|mit kollegialen grüßen|mit freundlicher empfehlung
    mit sportlichen grüßen|herzliche gruesse|liebe gruesse|freundlichst|ihr|ihre|dein|deine|alles gute|bis bald|bis dann|tschüss|ciao|servus
    cordialement|bien cordialement|très cordialement|bien à vous|bien à toi|amicalement|sincèrement|salutations|sincères salutations
    salutations distinguées|meilleures salutations|avec mes meilleures salutations|cdt|cdlt|bien amicalement|à bientôt|respectueusement
    salutations cordiales|meilleurs messages|bises|bisous|bonne journée|bonne soirée|bonne fin de journée|bien sincèrement|cordiales salutations
    je vous prie d'agréer, madame, monsieur, l'expression de mes salutations distinguées|veuillez agréer mes salutations distinguées
    belle journée|excellente journée|très bonne journée|bonne réception|avec nos salutations les meilleures|à très bientôt|bav|cordialement vôtre
    saludos|un saludo|saludos cordiales|un cordial saludo|cordiales saludos|atentamente|muy atentamente|cordialmente|atte|atte.|un abrazo
    abrazos|saludos atentos|reciba un cordial saludo|un fuerte abrazo|le saluda atentamente|un saludo cordial|saludos afectuosos|slds|besos
    le saludo atentamente|reciban un cordial saludo|recibe un cordial saludo|mis saludos|muchos saludos|hasta pronto|quedo a su disposición
    cordiali saluti|distinti saluti|un cordiale saluto|saluti|un saluto|cari saluti|un caro saluto|con i migliori saluti|i migliori saluti
    tanti saluti|in fede|cordialità|a presto|buona giornata|buona serata|buon lavoro|un abbraccio|saluti cordiali|cordialissimi saluti
    con cordialità|buon pomeriggio|migliori saluti|con stima
    met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|hartelijke groet|hartelijke groeten|groet|groeten
    met hartelijke groet|met hartelijke groeten|hoogachtend|mvg|groetjes|beste groeten|met beste groeten|gr|veel groeten|liefs|tot snel
    met groet|met groeten|met de meeste hoogachting|met beste groet|m.v.g|warme groet|fijne dag|hartelijks
    atenciosamente|cumprimentos|com os melhores cumprimentos|melhores cumprimentos|os melhores cumprimentos|abraço|abraços|um abraço|grande abraço
    cordialmente|att|att.|at.te|saudações|com os meus cumprimentos|respeitosamente|cordiais cumprimentos|com cumprimentos|até breve|um grande abraço
    saudações cordiais|cordiais saudações|bjs|beijos|atentamente|sds|sinceramente|um forte abraço|forte abraço
    pozdrawiam|pozdrawiamy|z poważaniem|z powazaniem|z wyrazami szacunku|serdecznie pozdrawiam|pozdrawiam serdecznie|łączę pozdrowienia|pozdrowienia
    z pozdrowieniami|serdeczne pozdrowienia|pozdr|pzdr|pozdro|z serdecznymi pozdrowieniami|miłego dnia|z uszanowaniem|łączę wyrazy szacunku|z wyrazami uszanowania
    med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar|vänlig hälsning|hälsningar|hälsning|bästa hälsningar|mvh|vh|med vänlig halsning
    med bästa hälsningar|med bästa hälsning|bästa hälsning|varma hälsningar|hälsar|allt gott|ha det bra|kram|hjärtliga hälsningar|många hälsningar|hej så länge
    med venlig hilsen|venlig hilsen|de bedste hilsner|bedste hilsner|hilsen|hilsner|mange hilsner|kærlig hilsen|kh|vh|dbh|med venlige hilsner
    venlige hilsner|knus|de venligste hilsner|med de bedste hilsner|bedste hilsen|kærlige hilsner|vi ses|med hilsen|varme hilsner|de bedste ønsker
    med vennlig hilsen|vennlig hilsen|beste hilsen|beste hilsner|med beste hilsen|mvh.|hilsen fra|vennlige hilsener|med vennlige hilsener|ha det|klem
    mange hilsener|med hilsing|med venleg helsing|venleg helsing|helsing|beste helsing|ha en fin dag|hjertelig hilsen
    ystävällisin terveisin|parhain terveisin|terveisin|terveiset|t.|yt|ystävällisesti|kunnioittavasti|parhain terveisin,|terv|terv.|yst. terv
    yst.terv|hyvää päivänjatkoa|lämpimin terveisin|kiittäen|mukavaa päivänjatkoa|hyvin terveisin|sydämellisin terveisin|parhaimmin terveisin
    敬具|草々|早々|かしこ|拝|謹白|敬白
    此致|敬礼|此致 敬礼|祝好|祝 好|顺祝商祺|顺颂商祺|商祺|祝工作顺利|顺祝 商祺|敬上|謹啟|敬啟|順頌商祺|敬祝|此致敬礼|祝您工作愉快|祝您生活愉快|顺颂 商祺|祝商祺|祝順心
    順祝商祺|此致 敬禮|敬禮|祝您一切順利|祝您一切顺利|祝顺利|祝安好|安好
    감사합니다|고맙습니다|드림|올림|안녕히 계세요|좋은 하루 되세요
    с уважением|с наилучшими пожеланиями|с уважением,|всего доброго|с наилучшими|всего хорошего|искренне ваш|с приветом|хорошего дня|с почтением
    з повагою|з найкращими побажаннями|всього найкращого|щиро|гарного дня|усього найкращого|з пошаною
    s pozdravem|s přátelským pozdravem|s úctou|zdravím|pozdravem|s přáním hezkého dne|s pozdravom|s úctou,|pekný deň|srdečně|hezký den|s přáním pěkného dne
    üdvözlettel|tisztelettel|üdv|baráti üdvözlettel|szívélyes üdvözlettel|köszönettel|üdvözlet|cu stimă|cu respect|cu drag|toate cele bune|o zi bună
    numai bine|cele bune|cu considerație|saygılarımla|saygılarımızla|iyi çalışmalar|sevgiler|selamlar|sevgilerimle|iyi günler|kolay gelsin|hürmetlerimle
    με εκτίμηση|φιλικά|με φιλικούς χαιρετισμούς|χαιρετισμούς|בברכה|בכבוד רב|בברכת שלום|مع التحية|مع تحياتي|تحياتي|مع خالص التحية|مع أطيب التحيات
    salutacions|salutacions cordials|atentament|cordialment|una abraçada|s poštovanjem|srdačan pozdrav|lijep pozdrav|pozdrav|lep pozdrav|lp|s spoštovanjem
    lugupidamisega|parimate soovidega|ar cieņu|pagarbiai|su pagarba|с поздрави|поздрави|trân trọng|thân mến|kính thư|hormat saya|salam|terima kasih dan salam
    kveðja|með kveðju|bestu kveðjur|ขอแสดงความนับถือ|with thanks and regards|thanks and regards|thanks & regards|thanks and best regards
    thanks & best regards|thank you and best regards|thank you and kind regards|thanks and kind regards|many thanks and best regards
    many thanks and kind regards|thank you & regards|danke und gruß|danke und viele grüße|vielen dank und viele grüße|vielen dank und beste grüße
    vielen dank und freundliche grüße|vielen dank und mit freundlichen grüßen|danke und beste grüße|danke & gruß|vielen dank und liebe grüße|dank und gruß
    merci et bonne journée|merci et à bientôt|bedankt en groet|bedankt en met vriendelijke groet|gracias y saludos|gracias y un saludo|grazie e saluti
    grazie e cordiali saluti|obrigado e cumprimentos|tack och hälsningar|tak og hilsen|dzięki i pozdrawiam|dziękuję i pozdrawiam
""")

THANKS = _words("""
    thanks|thank you|many thanks|thanks a lot|thanks again|thank you very much|thanks so much|thank you so much|thx|ty|thanks in advance|ta|tia
    thank you in advance|much appreciated|with thanks|big thanks|thanks a million|thank you again|danke|vielen dank|danke schön|dankeschön|besten dank
    herzlichen dank|danke dir|danke ihnen|danke im voraus|vielen dank im voraus|danke vorab|vielen dank vorab|lieben dank|tausend dank|merci
    merci beaucoup|merci d'avance|avec mes remerciements|merci bien|mille mercis|merci par avance|gracias|muchas gracias|gracias de antemano
    mil gracias|muchas gracias de antemano|grazie|grazie mille|molte grazie|grazie in anticipo|ti ringrazio|la ringrazio|bedankt|dank je|dank u
    dank je wel|dank u wel|alvast bedankt|hartelijk dank|hartelijk bedankt|bij voorbaat dank|bvd|obrigado|obrigada|muito obrigado|muito obrigada
    obrigado desde já|grato|grata|dziękuję|dzięki|dziękuję bardzo|z góry dziękuję|wielkie dzięki|serdecznie dziękuję|tack|tack så mycket
    tack på förhand|tusen tack|stort tack|tack igen|tak|mange tak|tusind tak|på forhånd tak|takk|tusen takk|mange takk|på forhånd takk|takk skal du ha
    kiitos|kiitoksia|paljon kiitoksia|kiitos etukäteen|kiitti|kiitos paljon|谢谢|多谢|非常感谢|謝謝|多謝|感謝|ありがとうございます|ありがとうございました
    спасибо|большое спасибо|заранее спасибо|благодарю|дякую|щиро дякую|děkuji|díky|děkuju|děkujeme|předem děkuji|ďakujem|vďaka|köszönöm|köszi
    előre is köszönöm|mulțumesc|multumesc|vă mulțumesc|teşekkürler|teşekkür ederim|ευχαριστώ|תודה|תודה רבה|شكرا|شكراً|gràcies|moltes gràcies|hvala|hvala lijepa
    aitäh|tänan|paldies|ačiū|благодаря|cảm ơn|terima kasih|ขอบคุณ
""")

LOOSE = frozenset("""
    best love yours cheers warmly  ciao ihr ihre dein deine yt gr t. lp salam att ta ty pozdrav
""".split())
"""Closings that are also ordinary words: a name on the same line has to stand behind a comma."""

FROM_WORDS = frozenset("from aus de du des depuis da dal dalla van uit från fra frå z ze iz из з din fraa desde do".split())
"""What stands between a closing and a place: "Viele Grüße aus Berlin"."""

SENT_FROM = (
    "sent from", "sent via", "sent with", "sent using", "sent by my", "sent on the", "sent through", "get outlook for", "get bluemail",
    "typed on my", "composed on", "written on my", "von meinem", "von meiner", "vom meinem", "gesendet von", "gesendet mit", "gesendet vom",
    "gesendet über", "gesendet aus", "diese nachricht wurde von meinem", "diese nachricht wurde mit", "holen sie sich outlook",
    "outlook für", "hol dir outlook", "lade outlook", "outlook für ", "unterwegs gesendet", "envoyé de", "envoyé depuis", "envoyé à partir", "envoyé avec", "envoyé via",
    "téléchargez outlook", "télécharger outlook", "obtenir outlook", "obtenez outlook", "provenance : courrier", "provenance: courrier",
    "enviado desde", "enviado de ", "enviado con", "enviado mediante", "obtener outlook", "enviado via", "enviado vía", "enviado do", "enviado a partir",
    "enviado pelo", "enviado por", "enviada do", "obter o outlook", "obtenha o outlook", "inviato da", "inviato dal", "inviato con",
    "inviato tramite", "inviata da", "ottieni outlook", "scarica outlook", "verzonden vanaf", "verstuurd vanaf", "verzonden met",
    "verstuurd met", "verzonden via", "verstuurd vanuit", "verzonden vanuit", "outlook voor", "download outlook", "outlook downloaden", "wysłane z", "wysłano z", "wysłane za",
    "wysłano za", "wysłane przez", "pobierz outlook", "pobierz aplikację outlook", "skickat från", "skickades från", "skickat med", "skickat via",
    "hämta outlook", "skaffa outlook", "sendt fra", "sendt med", "sendt via", "sendt frå", "hent outlook", "få outlook", "lähetetty", "hanki outlook",
    "hae outlook", "发自", "發自", "从我的", "從我的", "傳送自", "寄自", "发送自", "来自我的", "获取 outlook", "获取outlook", "取得 outlook", "取得outlook", "outlook for ",
    "나의 ", "내 ", "отправлено с", "отправлено из", "отправлено через", "послано с", "скачать outlook", "получите outlook", "надіслано з",
    "надіслано за", "відправлено з", "завантажити outlook", "odesláno z", "odeslané z", "odoslané z", "odesláno pomocí", "získat outlook",
    "získajte outlook", "az én ", "iphone-omról", "küldve", "elküldve", "az outlook", "trimis de pe", "trimis din", "obțineți outlook",
    "descărcați outlook", "στάλθηκε από", "απεσταλμένο από", "λήψη του outlook", "נשלח מ", "أرسلت من", "تم الإرسال من", "أُرسلت من", "enviat des",
    "poslano s", "poslano iz", "saadetud minu", "nosūtīts no", "išsiųsta iš", "được gửi từ", "đã gửi từ", "gửi từ", "dikirim dari", "terkirim dari",
    "изпратено от", "ส่งจาก", "sent autonomously", "iphoneから", "ipadから", "androidから", "iphoneより", "私のiphone",
)  # fmt: skip
"""How a line begins that a phone or a program prints below a mail."""

SENT_FROM_ENDS = ("から送信", "より送信", "から送信されました", "gönderildi", "에서 보냄", "에서 보낸 메일", "gesendet", "傳送", "发送", "發送", "küldve", "を使用して送信", "outlook を入手", "outlookを入手", "outlook'u edinin")

DEVICES = (
    "iphone", "ipad", "ipod", "android", "samsung", "galaxy", "huawei", "honor", "xiaomi", "redmi", "oneplus", "oppo", "vivo", "pixel", "nokia",
    "lumia", "windows", "blackberry", "outlook", "gmail", "yahoo", "mobil", "mobile", "móvil", "movil", "movel", "móvel", "cell", "smartphone", "smart phone", "phone", "handy", "telefon", "téléphone", "teléfono", "telefone", "telefoon",
    "telefono", "cellulare", "tablet", "mail", "app", "thunderbird", "k-9", "proton", "spark", "superhuman", "bluemail", "aqua", "fairemail",
    "nine", "htc", "sony", "xperia", "lg", "motorola", "moto", "verizon", "at&t", "t-mobile", "vodafone", "o2", "orange", "telekom", "apple watch",
    "mac", "macbook", "imac", "zoho", "mailspring", "missive", "front", "tutanota", "tuta", "fastmail", "hey", "airmail", "edison", "web.de", "gmx", "mailbird", "em client",
    "libero", "wp", "onet", "interia", "qq", "网易", "手机", "手機", "邮箱", "微信", "puhelin", "puhelimest", "matkapuhelim", "telephone", "телефон", "смартфон", "iphon", "айфон", "почт", "пошт", "κινητό", "телефона", "mobiltelefon", "mobilní",
)  # fmt: skip

FOOTERS = (
    "this email has been scanned", "this e-mail has been scanned", "this message has been scanned", "this email has been checked for viruses",
    "this e-mail has been checked for viruses", "this email was scanned", "virus-free", "virenfrei", "diese e-mail wurde auf viren", "diese e-mail wurde von avast",
    "diese e-mail wurde von antivir", "garanti sans virus", "l'absence de virus", "libre de virus", "este correo electrónico ha sido comprobado en busca de virus",
    "este e-mail foi verificado", "sem vírus", "livre de vírus", "privo di virus", "questa e-mail è stata controllata", "virusvrij", "deze e-mail is gecontroleerd op virussen",
    "wolny od wirusów", "ta wiadomość została sprawdzona", "fri från virus", "virusfri", "fri for virus", "без вирусов", "без вірусів", "无病毒", "ウイルス フリー",
    "please consider the environment", "consider the environment before", "think before you print", "save a tree", "think green", "do you really need to print", "before printing this",
    "bitte denken sie an die umwelt", "denken sie an die umwelt", "bitte prüfen sie, ob diese", "der umwelt zuliebe", "pensez à l'environnement",
    "avant d'imprimer", "n'imprimez ce", "antes de imprimir", "piense en el medio ambiente", "prima di stampare", "rispetta l'ambiente", "pense antes de imprimir",
    "pense no meio ambiente", "denk aan het milieu", "denk aan ons milieu", "zanim wydrukujesz", "pomyśl o środowisku", "tänk på miljön", "tænk på miljøet", "tenk på miljøet", "ajattele ympäristöä", "önce çevreyi", "you received this message because you are subscribed",
    "you are receiving this because", "you're receiving this because", "you received this because", "to unsubscribe from this group", "to unsubscribe from this list", "to unsubscribe, ", "reply to this email directly", "mailing list info", "to post to this group", "unsubscribe:",
    "confidentiality notice", "confidential notice", "legal notice:", "legal disclaimer", "privileged and confidential", "this email originated from outside",
)  # fmt: skip
"""Words of lines that a scanner, a list or a firm prints below a mail; on a line at the end they are enough."""

LEGAL = (
    "intended recipient", "intended solely", "intended only for", "solely for the use of", "received this message in error", "received this email in error", "received this e-mail in error",
    "received it in error", "received this communication in error", "sent to you in error", "privileged and confidential", "confidential and may", "confidential and privileged", "confidential and/or", "strictly prohibited",
    "information contained in this e", "information contained in this m", "information contained in this c", "contents of this email", "contents of this e-mail", "monitors email", "for the addressee", "the addressee only", "unauthorised use", "unauthorized use",
    "unauthorized review", "is confidential", "are confidential", "confidential information", "vertrauliche informationen", "vertraulich", "bestimmungsgemäße", "nicht der richtige adressat", "nicht der beabsichtigte", "nicht der vorgesehene empfänger", "irrtümlich erhalten", "unbefugte weiter",
    "unerlaubte kopieren", "ausschließlich für den", "ausschliesslich für den", "ce message et", "ce message est confidentiel", "ce courriel et", "ce courriel est", "ce mail et", "cet e-mail et", "pas le destinataire", "destinataire de ce", "strictement confidentiel", "par erreur", "usage exclusif", "à l'attention exclusive",
    "este mensaje y", "este correo y", "este correo electrónico", "este mensaje se dirige", "este mensaje es confidencial", "este mensaje puede contener", "no es usted el destinatario", "no es el destinatario", "información confidencial", "exclusivamente a su destinatario", "recibido este mensaje por error", "recibido por error", "protección de datos",
    "questo messaggio e", "questa e-mail e", "questa email e", "le informazioni contenute", "informazioni riservate", "destinatario indicato", "ricevuto questo messaggio per errore", "ricevuto per errore", "d.lgs", "gdpr", "2016/679", "rgpd", "dsgvo", "dit bericht is", "dit bericht kan", "deze e-mail is", "deze e-mail en", "uitsluitend bestemd", "vertrouwelijk", "niet de geadresseerde", "niet de bedoelde ontvanger", "abusievelijk", "ten onrechte",
    "esta mensagem e", "esta mensagem é", "esta mensagem pode", "este e-mail e", "este email e", "informações confidenciais", "informação confidencial", "não for o destinatário", "não é o destinatário", "recebeu esta mensagem por engano", "por engano", "ta wiadomość", "niniejsza wiadomość", "poufne", "poufnych", "nie są państwo adresatem", "nie jesteś adresatem", "przez pomyłkę", "omyłkowo",
    "det här meddelandet", "detta meddelande", "detta e-postmeddelande", "denna e-post", "konfidentiell", "avsedd mottagare", "avsedda mottagaren", "av misstag", "denne e-mail", "denne mail", "denne meddelelse", "fortrolig", "rette modtager", "tilsigtede modtager", "ved en fejl", "denne e-posten", "denne meldingen", "konfidensiell", "rette mottaker", "tiltenkt", "ved en feil", "ved en feiltakelse",
    "tämä viesti", "tämä sähköposti", "luottamuksellis", "vahingossa", "tarkoitettu vain", "機密", "本メールは", "このメールは", "誤って", "保密", "机密", "機密資訊", "本邮件", "本郵件", "收件人", "конфиденциальн", "конфіденційн", "предназначен", "důvěrn", "dôvern", "bizalmas", "confidențial", "gizli", "εμπιστευτικ", "secret professionnel", "registered in england", "registered office", "company number", "company no.",
)  # fmt: skip

BANNERS = (
    "caution: this e", "caution: this m", "caution: external", "caution - external", "caution! ", "[external", "[ext]", "[caution", "external email", "external:", "external sender", "external mail", "this email originated from outside", "this message originated from outside", "this message came from outside", "this email came from outside", "this email is from an external", "you don't often get email from",
    "some people who received this message don't often get", "warning: this email originated", "warning: this message originated", "warning: external", "attention: this email", "attention: external", "*** external", "achtung: diese e-mail", "achtung: externe", "diese e-mail stammt von außerhalb", "diese e-mail kommt von", "externe e-mail",
    "sie erhalten nicht häufig e-mails von", "sie erhalten nicht oft e-mails von", "attention : cet e-mail", "attention : ce mail", "attention: cet e-mail", "attention: ce mail", "courriel externe", "expéditeur externe", "vous n'obtenez pas souvent", "vous ne recevez pas souvent", "precaución:", "este correo proviene de", "correo externo", "no suele recibir", "no suele recibir correos",
    "attenzione: questa", "attenzione: mail", "email esterna", "non si ricevono spesso", "let op: deze e-mail", "let op: dit bericht", "externe afzender", "u ontvangt niet vaak", "você não costuma receber", "não recebe com frequência", "cuidado: este", "atenção: este", "atenção: e-mail externo", "uwaga: ta wiadomość", "uwaga! ta wiadomość", "wiadomość zewnętrzna", "nie otrzymujesz często", "nieczęsto otrzymujesz",
    "varning: detta", "externt e-post", "du får inte ofta e-post", "advarsel: denne", "ekstern e-mail", "ekstern e-post", "du modtager ikke ofte", "du får ikke ofte", "huomio: tämä", "ulkoinen sähköposti", "【外部", "[外部", "外部メール", "外部邮件", "外部郵件",
)  # fmt: skip
"""How a line begins that a mail server puts above mail from outside."""

POSTSCRIPT = ("ps", "p.s", "p.s.", "pps", "p.p.s", "p.p.s.", "nb", "n.b.", "ps.", "追伸", "又及", "附言", "p.s", "пс", "з.и", "з.ы")
