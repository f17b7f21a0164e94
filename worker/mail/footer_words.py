"""What phones, scanners, lists, servers and firms print around the words of a person, in many languages."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    words = (" ".join(word.casefold().split()) for word in text.replace("\n", "|").split("|"))
    return tuple(dict.fromkeys(word for word in words if word))


SENT_FROM = _words("""
    last ned outlook|sent from|sent via|sent with|sent using|sent by my|sent on the|sent through|get outlook for|get bluemail
    typed on my|composed on|written on my|von meinem|von meiner|vom meinem|gesendet von|gesendet mit
    gesendet vom|gesendet über|gesendet aus|diese nachricht wurde von meinem|diese nachricht wurde mit
    holen sie sich outlook|outlook für|hol dir outlook|lade outlook|outlook für|unterwegs gesendet|envoyé de
    envoyé depuis|envoyé à partir|envoyé avec|envoyé via|téléchargez outlook|télécharger outlook|obtenir outlook
    obtenez outlook|provenance : courrier|provenance: courrier|enviado desde|enviado de|enviado con
    enviado mediante|obtener outlook|enviado via|enviado vía|enviado do|enviado a partir|enviado pelo
    enviado por|enviada do|obter o outlook|obtenha o outlook|inviato da|inviato dal|inviato con|inviato tramite
    inviata da|ottieni outlook|scarica outlook|verzonden vanaf|verstuurd vanaf|verzonden met|verstuurd met
    verzonden via|verstuurd vanuit|verzonden vanuit|outlook voor|download outlook|outlook downloaden|wysłane z
    wysłano z|wysłane za|wysłano za|wysłane przez|pobierz outlook|pobierz aplikację outlook|skickat från
    skickades från|skickat med|skickat via|hämta outlook|skaffa outlook|sendt fra|sendt med|sendt via|sendt frå
    hent outlook|få outlook|lähetetty|hanki outlook|hae outlook|发自|發自|从我的|從我的|傳送自|寄自|发送自
    来自我的|获取 outlook|获取outlook|取得 outlook|取得outlook|outlook for|나의|내|отправлено с|отправлено из
    отправлено через|послано с|скачать outlook|получите outlook|надіслано з|надіслано за|відправлено з
    завантажити outlook|odesláno z|odeslané z|odoslané z|odesláno pomocí|získat outlook|získajte outlook|az én
    iphone-omról|küldve|elküldve|az outlook|trimis de pe|trimis din|obțineți outlook|descărcați outlook
    στάλθηκε από|απεσταλμένο από|λήψη του outlook|נשלח מ|أرسلت من|تم الإرسال من|أُرسلت من|enviat des|poslano s
    poslano iz|saadetud minu|nosūtīts no|išsiųsta iš|được gửi từ|đã gửi từ|gửi từ|dikirim dari|terkirim dari
    изпратено от|ส่งจาก|sent autonomously|iphoneから|ipadから|androidから|iphoneより|私のiphone
""")
"""How a line begins that a phone or a program prints below a mail."""

SENT_FROM_ENDS = _words("""
    から送信|より送信|から送信されました|gönderildi|에서 보냄|에서 보낸 메일|gesendet|傳送|发送|發送|küldve
    を使用して送信|outlook を入手|outlookを入手|outlook'u edinin
""")
"""And how it ends, where the verb comes last."""

BRANDS = _words("""
    iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|oneplus|oppo|pixel|nokia|lumia|windows
    blackberry|outlook|gmail|yahoo|thunderbird|k-9|proton|protonmail|spark|superhuman|bluemail|aqua mail
    fairemail|htc|xperia|motorola|verizon|at&t|t-mobile|vodafone|telekom|apple watch|macbook|imac|zoho
    mailspring|missive|tutanota|fastmail|airmail|edison mail|web.de|gmx|mailbird|em client|libero|onet|interia
    canary|shortwave|mimestream|polymail|網易|网易|手机|手機|邮箱|微信|айфон|iphon
""")
"""Devices and programs that name themselves."""

DEVICES = _words("""
    mobil|mobile|móvil|movil|móvel|movel|cell|smartphone|phone|handy|telefon|téléphone|teléfono|telefone
    telefoon|telefono|telefonu|cellulare|tablet|mail|app|device|gerät|dispositivo|appareil|toestel|urządzenia
    enhet|enhed|puhelim|matkapuhelim|телефон|смартфон|mobiltelefon|κινητό|computer|laptop|mac|lg|o2|orange|hey
    front|nine|unterwegs
""")
"""Words for a device: enough behind "my", or where the line says nothing else."""

MY = _words("""
    my|meinem|meiner|meine|mein|mon|ma|mi|mio|mia|mijn|meu|minha|mojego|mojej|mém|mého|min|mitt|mit|minun|моего
    мого|môjho|mea|meu|μου|mobilen
""")

FOOTER_BEGINS = _words("""
    virus-free|virenfrei|garanti sans virus|sans virus|libre de virus|sem vírus|livre de vírus|privo di virus
    virusvrij|wolny od wirusów|fri från virus|virusfri|fri for virus|без вирусов|без вірусів|无病毒
    ウイルス フリー|think green|save a tree|think before you print|unsubscribe:|confidentiality notice
    confidential notice|legal notice|legal disclaimer|privileged and confidential|mailing list info
    to unsubscribe from this|you received this message because you are subscribed
""")
"""How a line begins that a scanner, a list or a firm adds."""

FOOTER_HOLDS = _words("""
    this email has been scanned|this e-mail has been scanned|this message has been scanned
    this email has been checked for viruses|this e-mail has been checked for viruses|this email was scanned
    diese e-mail wurde auf viren|diese e-mail wurde von avast|diese e-mail wurde von antivir|l'absence de virus
    comprobado en busca de virus|este e-mail foi verificado|questa e-mail è stata controllata
    deze e-mail is gecontroleerd op virussen|ta wiadomość została sprawdzona pod kątem
    you received this message because you are subscribed|you are receiving this because
    you're receiving this because|to unsubscribe from this group|to unsubscribe from this list
    reply to this email directly|this email originated from outside|please excuse brevity|please excuse the brevity
    please excuse my brevity|please excuse any typos|please excuse typos|please excuse the typos|pardon my brevity
    pardon any typos|tippfehler bitte zu entschuldigen|entschuldigen sie bitte tippfehler
""")
"""Words inside such a line that nobody else says."""

PRINTING = _words("""
    print|druck|imprim|stamp|afdruk|wydruk|skriv ut|skriver ut|udskriv|printer|tulost|распечат
""")

NATURE = _words("""
    environment|umwelt|environnement|medio ambiente|meio ambiente|ambiente|milieu|środowisk|miljö|miljø|ympärist
    planet|tree|green|árbol|природ
""")
"""Printing and nature in one line at the end: the request not to print."""

RECIPIENT = _words("""
    intended recipient|intended solely|intended only for|solely for the use of|message in error|email in error
    e-mail in error|received it in error|communication in error|the addressee only|nicht der richtige adressat
    nicht der beabsichtigte|nicht der vorgesehene empfänger|nicht für sie bestimmt|irrtümlich erhalten
    ausschließlich für den adressaten|ausschließlich für den empfänger|pas le destinataire
    n'êtes pas destinataire|destinataire de ce|l'attention exclusive|reçu ce message par erreur
    reçu cet e-mail par erreur|reçu ce courriel par erreur|usage exclusif|no es usted el destinatario
    no es el destinatario|a su destinatario|su destinatario|recibido este mensaje por error|recibido por error
    recibido este correo|destinatario indicato|destinatario del messaggio|destinatari indicati
    ricevuto questo messaggio|ricevuto per errore|uitsluitend bestemd|de geadresseerde
    niet de bedoelde ontvanger|ten onrechte ontvangen|abusievelijk|não for o destinatário|não é o destinatário
    recebeu esta mensagem|recebido por engano|recebido por erro|recebeu este e-mail|nie są państwo adresatem
    nie jesteś adresatem|nie jest adresatem|przeznaczona wyłącznie|przeznaczone wyłącznie|avsedd mottagare
    avsedda mottagaren|avsedd för|avsett för mottagaren|endast avsett för|kun ment for|bare ment for|utelukkende ment for
    rette modtager|tilsigtede modtager|rette mottaker|tiltenkt mottaker
    tarkoitettu vain|tarkoitettu ainoastaan|誤って受信|誤送信|收件人|收件者|предназначен|призначен|určen pouze
    určena pouze|určená len|címzett|destinatarul|alıcısı|αποδέκτη
""")
"""Legal text speaks of the one whom it was not meant for."""

LEGAL = _words("""
    confidential|privileged|strictly prohibited|unauthorised use|unauthorized use|unauthorized review
    information contained in this|contents of this e|monitors email|registered in england|registered office
    delete it|notify the sender|vertraulich|unbefugte|unerlaubte|informieren sie bitte den absender
    bestimmungsgemäße|confidentiel|par erreur|ce message et|ce courriel|le détruire|secret professionnel
    confidencial|por error|este mensaje|este correo|protección de datos|elimine|riservate|confidenzial
    per errore|questo messaggio|questa e-mail|d.lgs|2016/679|gdpr|rgpd|dsgvo|vertrouwelijk|dit bericht
    deze e-mail|ten onrechte|confidenciais|por engano|esta mensagem|este e-mail|poufne|poufnych|ta wiadomość
    niniejsza wiadomość|przez pomyłkę|omyłkowo|konfidentiell|av misstag|detta meddelande|denna e-post|fortrolig
    ved en fejl|denne e-mail|denne meddelelse|konfidensiell|ved en feil|denne e-posten|denne meldingen
    luottamuksellis|luottamuksellinen|vahingossa|tämä viesti|tämä sähköposti|機密|本メール|このメール|誤って
    保密|机密|機密資訊|本邮件|本郵件|конфиденциальн|конфіденційн|důvěrn|dôvern|bizalmas|confidențial|gizli
    εμπιστευτικ
""")
"""Other words of legal text; a person uses them too."""

BANNERS = _words("""
    caution: this e|caution: this m|caution: external|caution - external|[external|[ext]|[caution|external email
    external sender|external mail|external message|this email originated from outside
    this message originated from outside|this message came from outside|this email came from outside
    this email is from an external|you don't often get email from
    some people who received this message don't often|warning: this e|warning: this m|warning: external
    attention: this e|attention: external|*** external|achtung: diese e-mail|achtung: externe
    diese e-mail stammt von außerhalb|diese e-mail kommt von|externe e-mail|vorsicht: diese e-mail
    vorsicht: externe|sie erhalten nicht häufig e-mails von|sie erhalten nicht oft e-mails von
    attention : cet e-mail|attention : ce m|attention: cet e-mail|attention: ce m|attention : ce courriel
    courriel externe|expéditeur externe|vous n'obtenez pas souvent|vous ne recevez pas souvent|precaución: este
    atención: este|este correo proviene de|correo externo|no suele recibir|attenzione: questa|attenzione: mail
    email esterna|non si ricevono spesso|let op: deze e-mail|let op: dit bericht|externe afzender
    u ontvangt niet vaak|você não costuma receber|não recebe com frequência|cuidado: este|atenção: este
    atenção: e-mail externo|uwaga: ta wiadomość|uwaga! ta wiadomość|wiadomość zewnętrzna|nie otrzymujesz często
    nieczęsto otrzymujesz|varning: detta|externt e-post|du får inte ofta e-post|advarsel: denne|ekstern e-mail
    ekstern e-post|du modtager ikke ofte|du får ikke ofte|huomio: tämä|ulkoinen sähköposti|【外部|[外部
    外部メール|外部邮件|外部郵件|注意: 外部|警告：外部
""")
"""How a line begins that a mail server puts above mail from outside."""

BANNER_HOLDS = _words("""
    outside|extern|often|link|attachment|anhäng|anlagen|pièce|adjunt|allegat|bijlage|anexo|sender|absender
    learn why|content is safe|außerhalb|häufig|souvent|a menudo|suele|spesso|vaak|costuma|frequência|często|ofte
    extérieur|esterno|fuera|załącznik|zewnątrz|bilag|vedlegg|liite|外部
""")
"""What such a line speaks of; it has to, since a person may begin a mail with "Attention"."""
