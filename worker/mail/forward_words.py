"""How mail programs announce a forwarded or an original mail, and mark a forward in the subject."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().casefold() for line in text.split("\n") for word in line.split("|") if word.strip())


FORWARDED = _words("""
    forwarded message|begin forwarded message|start of forwarded message|start forwarded message|forwarded mail
    forwarded email|weitergeleitete nachricht|anfang der weitergeleiteten nachricht
    anfang der weitergeleiteten e-mail|weitergeleitete e-mail|beginn der weitergeleiteten nachricht
    beginn der weitergeleiteten e-mail|weitergeleitete mail|message transféré|début du message transféré
    début du message réexpédié|message réexpédié|mail transféré|message transmis|courriel transféré
    début du courriel transféré|e-mail transféré|début de l'e-mail transféré|mensaje reenviado
    inicio del mensaje reenviado|comienzo del mensaje reenviado|inicia el mensaje reenviado|correo reenviado
    messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|messaggio inoltrato da
    doorgestuurd bericht|begin doorgestuurd bericht|begin van doorgestuurd bericht|doorgestuurde e-mail
    mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada
    wiadomość przekazana dalej|przekazana wiadomość|wiadomość przekazana|początek przekazywanej wiadomości
    początek przekazanej wiadomości|treść przekazanej wiadomości|wiadomość przesłana dalej|przesłana wiadomość
    vidarebefordrat meddelande|vidarebefordrat mail|vidarebefordrat mejl|vidarebefordrat brev
    vidarebefordrad e-post|början på vidarebefordrat meddelande|påbörjar vidarebefordrat meddelande
    vidarebefordrat e-postmeddelande|videresendt meddelelse|videresendt besked|videresendt mail
    videresendt e-mail|start på videresendt besked|start på videresendt meddelelse|start på videresendt e-mail
    begynnelse på videresendt besked|videresendt melding|videresendt e-post|start på videresendt melding
    begynnelse på videresendt melding|starten på videresendt melding|vidaresend melding|välitetty viesti
    edelleenlähetetty viesti|välitetty viesti alkaa|edelleen lähetetty viesti|alku välitetylle viestille
    välitetyn viestin alku|edelleenlähetetty viesti alkaa|転送されたメッセージ|転送メッセージ|転送されたメール
    以下、転送されたメール|以下は転送されたメールです|転送メール|以下は転送メッセージです|转发的邮件
    转发邮件信息|转发的邮件信息|已转发的邮件|开始转发的邮件|下面是被转发的邮件|以下是转发的邮件|转发邮件
    下面是转发的邮件|已轉寄郵件|已轉寄的郵件|轉寄郵件|轉寄的郵件|下面是被轉寄的郵件|以下是轉寄的郵件
    開始轉寄郵件|轉寄訊息|전달된 메시지|전달된 메일|전달된 메시지 시작|전달된 메시지의 시작|전달 메시지
    пересылаемое сообщение|пересланное сообщение|начало переадресованного сообщения
    начало переадресованного письма|перенаправленное сообщение|пересылаемое письмо|пересланное письмо
    начало пересланного сообщения|пересланий лист|переслане повідомлення|початок листа, що пересилається
    початок переадресованого повідомлення|přeposlaná zpráva|začátek přeposlané zprávy|předávaná zpráva
    přeposlaný e-mail|začátek přeposílané zprávy|preposlaná správa|začiatok preposlanej správy
    továbbított üzenet|továbbított levél|továbbított üzenet kezdete|továbbított levél kezdete
    mesaj redirecționat|mesaj retransmis|începutul mesajului redirecționat|mesaj transmis mai departe
    iletilen ileti|iletilmiş mesaj|iletilmiş ileti|yönlendirilmiş ileti|iletilen ileti başlangıcı|iletilen mesaj
    yönlendirilen mesaj|προωθημένο μήνυμα|έναρξη προωθημένου μηνύματος|αρχή προωθημένου μηνύματος|הודעה שהועברה
    תחילת ההודעה שהועברה|رسالة مُعاد توجيهها|رسالة معاد توجيهها|بداية الرسالة المحولة|الرسالة المعاد توجيهها
    missatge reenviat|inici del missatge reenviat|proslijeđena poruka|početak proslijeđene poruke
    posredovano sporočilo|edastatud kiri|edastatud sõnum|pārsūtīts ziņojums|persiųstas laiškas
    persiųstas pranešimas|thư đã chuyển tiếp|bắt đầu thư được chuyển tiếp|pesan terusan|pesan yang diteruskan
    mulai pesan yang diteruskan|препратено съобщение|ข้อความที่ส่งต่อ|framsend skilaboð
""")

ORIGINAL = _words("""
    original message|reply message|original mail|original email|original e-mail|original appointment
    ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|ursprüngliche e-mail
    ursprüngliche mail|originalmail|ursprünglicher termin|ursprungsnachricht|message d'origine|message original
    mail original|e-mail d'origine|courriel original|message initial|rendez-vous d'origine|message origine
    mensaje original|correo original|mensaje enviado|cita original|messaggio originale|messaggio di origine
    messaggio originario|mail originale|appuntamento originale|oorspronkelijk bericht|origineel bericht
    oorspronkelijke e-mail|oorspronkelijke afspraak|mensagem original|mensagem de origem|email original
    compromisso original|wiadomość oryginalna|oryginalna wiadomość|wiadomość pierwotna|pierwotna wiadomość
    ursprungligt meddelande|originalmeddelande|ursprungligt mail|original meddelande|originalmail
    oprindelig meddelelse|oprindelig besked|original meddelelse|original besked|oprindelig mail
    oprindelig e-mail|opprinnelig melding|original melding|opprinnelig e-post|opphavleg melding
    alkuperäinen viesti|元のメッセージ|オリジナルメッセージ|元のメール|返信元のメッセージ|原始邮件|原始郵件
    邮件原件|原邮件|原始信件|原始訊息|原始讯息|回复邮件|答复邮件|원본 메시지|원본 메일|원본메시지
    исходное сообщение|оригинальное сообщение|оригинальное письмо|исходное письмо|оригінальне повідомлення
    початкове повідомлення|вихідне повідомлення|původní zpráva|původní e-mail|pôvodná správa|eredeti üzenet
    eredeti levél|mesajul original|mesaj original|mesaj inițial|özgün ileti|orijinal ileti|orijinal mesaj
    ilk mesaj|αρχικό μήνυμα|πρωτότυπο μήνυμα|הודעה מקורית|الرسالة الأصلية|رسالة أصلية|missatge original
    izvorna poruka|originalna poruka|izvirno sporočilo|algne kiri|algne sõnum|sākotnējais ziņojums
    pradinis laiškas|thư gốc|tin nhắn gốc|pesan asli|оригинално съобщение|ข้อความต้นฉบับ|upprunaleg skilaboð
""")

FORWARDED_BY = (
    "forwarded by ", "weitergeleitet von ", "transféré par ", "réexpédié par ", "reenviado por ", "inoltrato da ",
    "doorgestuurd door ", "encaminhado por ", "reencaminhado por ", "przekazane przez ", "vidarebefordrat av ",
    "videresendt af ", "videresendt av ", "välittänyt ", "转发人", "переслано ",
)  # fmt: skip
"""Lotus Notes: "----- Forwarded by Ann Berg/Vale on 05/01/2026 09:12 -----"."""

PROCESSED_BY = ("original message processed by", "originalnachricht bearbeitet von")
"""Tobit David writes this above the mail that was answered."""

ROOTS = (
    "forward", "weitergeleit", "transféré", "réexpédi", "reenvia", "inoltrat", "doorgestuur", "encaminhad", "przekaz",
    "vidarebefordra", "videresend", "vidaresend", "välitet", "edelleen", "転送", "转发", "轉寄", "전달", "перес",
    "přepos", "prepos", "továbbít", "redirec", "iletil", "προωθημ", "הועבר",
)  # fmt: skip
"""Parts of words that mean "forwarded", for a ruled line whose wording is not listed."""

SUBJECT_PREFIXES = _words("""
    fw|fwd|fwrd|forward|forwarded|wg|tr|rv|i|doorst|vs|vb|enc|pd|vl|ilt|i̇lt|tov|πρθ|пересл|пер|転送|转发|轉寄
    轉發|전달|fs|trs|redir|vid|ed|pārs|prosl|הועבר|إعادة توجيه|chuyển tiếp
""")
