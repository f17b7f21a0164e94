"""What mail programs call From, Date, To, Cc and Subject when they write them above a quoted mail.

Collected from what Outlook, Gmail, Apple Mail, Thunderbird, Yahoo, Zimbra, Lotus Notes, Samsung and QQ Mail print in
their own languages. One word may stand for several fields, each in another language: the first that is free is meant.
"""

from __future__ import annotations

from enum import StrEnum


class Field(StrEnum):
    """A line of a quoted header."""

    FROM = "from"
    DATE = "date"
    TO = "to"
    CC = "cc"
    SUBJECT = "subject"
    OTHER = "other"


_WORDS: dict[Field, str] = {
    Field.FROM: """
        from|sender|von|absender|de|expéditeur|émetteur|remitente|da|mittente|van|afzender|remetente|od|nadawca
        från|avsändare|fra|afsender|avsender|lähettäjä|差出人|送信者|发件人|寄件者|寄件人|发送人|보낸 사람
        보낸사람|보낸이|발신|от|отправитель|від|odesílatel|odosielateľ|feladó|küldő|de la|expeditor|kimden
        gönderen|από|αποστολέας|מאת|من|remitent|šalje|pošiljatelj|pošiljalec|šalio|saatja|no|nuo|từ|người gửi
        dari|จาก""",
    Field.DATE: """
        date|sent|sent on|date sent|datum|gesendet|gesendet am|date d'envoi|envoyé|envoyé le|fecha|enviado
        enviado el|fecha de envío|enviada|enviada em|enviado em|data|data invio|inviato|inviato il|verzonden
        verzonden op|verzonden datum|wysłano|data wysłania|wysłane|skickat|skickat den|skickades|dato|sendt
        sendt den|sendt dato|lähetetty|lähetyspäivä|lähetysaika|päiväys|päivämäärä|pvm|送信日時|日付|日時|送信日
        发送时间|发送日期|时间|日期|寄件日期|傳送時間|寄件時間|傳送日期|보낸 날짜|보낸날짜|보낸 시간|날짜|일시
        날자|отправлено|дата|дата отправки|надіслано|відправлено|odesláno|odoslané|dátum|elküldve|küldve|dată
        trimis|tarih|gönderildi|gönderme tarihi|gönderilme tarihi|gönderim|ημερομηνία|στάλθηκε|נשלח|נשלח ב|תאריך
        التاريخ|تاريخ الإرسال|تم الإرسال|أرسلت|enviat|enviat el|poslano|saadetud|kuupäev|nosūtīts|datums
        išsiųsta|đã gửi|ngày|ngày gửi|dikirim|tanggal|วันที่|ส่งเมื่อ|date et heure""",
    Field.TO: """
        to|recipient|recipients|an|empfänger|à|a|pour|destinataire|destinataires|para|destinatario|destinatarios
        per|aan|geadresseerde|ontvanger|destinatário|destinatários|do|adresat|odbiorca|till|mottagare|til
        modtager|mottaker|vastaanottaja|宛先|送信先|收件人|收件者|받는 사람|받는사람|받는이|수신|кому|получатель
        одержувач|komu|pre|príjemca|címzett|către|catre|kime|alıcı|προς|παραλήπτης|אל|إلى|الى|za|prima|primatelj
        saaja|kam|gavėjas|kepada|tới|đến|người nhận|ถึง""",
    Field.CC: """
        cc|kopie|kopie (cc)|copia (cc)|kopia (cc)|kopie an|cópia|copie|copie à|copia|con copia|dw|udw
        do wiadomości|kopia|kopi|kopio|kópia|ccn|c.c.|抄送|副本|참조|копия|копія|másolat|másolatot kap
        copie (cc)|bilgi|karbon kopya|κοιν.|κοινοποίηση|עותק|نسخة|نسخة إلى|tembusan|สำเนา""",
    Field.SUBJECT: """
        subject|betreff|betrifft|thema|objet|sujet|asunto|oggetto|onderwerp|assunto|temat|dotyczy|ämne|rubrik
        emne|aihe|otsikko|件名|題名|主题|主旨|主題|标题|제목|тема|předmět|predmet|tárgy|subiect|konu|θέμα|נושא
        الموضوع|موضوع|assumpte|zadeva|naslov|teema|pealkiri|temats|tēma|tema|chủ đề|tiêu đề|perihal|subjek|เรื่อง
        ชื่อเรื่อง""",
    Field.OTHER: """
        bcc|blind copy|cci|cco|blindkopie|reply-to|reply to|antwort an|répondre à|responder a|responder para
        rispondi a|antwoord aan|odpowiedz do|svara till|svar til|vastausosoite|返信先|回复|回覆|importance
        priority|wichtigkeit|priorität|importancia|importância|importanza|prioriteit|urgentie|ważność|prioritet
        viktighet|tärkeys|重要度|重要性|attachments|attachment|anlagen|anhang|anhänge|pièces jointes
        pièce jointe|datos adjuntos|archivos adjuntos|adjuntos|anexos|allegati|allegato|bijlagen|bijlage
        załączniki|bifogade filer|bilagor|vedhæftede filer|vedhæftet|vedlegg|liitteet|添付ファイル|附件
        첨부 파일|вложения|вкладення|přílohy|prílohy|mellékletek|ekler|organization|organisation|company
        sensitivity|when|where|wann|wo|resent-from|resent-to|resent-date|message-id|mailing list|mailed-by
        signed-by|security|list-unsubscribe|categories|in-reply-to|user-agent|x-mailer|newsgroups|conversation
        required attendees""",
}

LABELS: dict[str, frozenset[Field]] = {}
for _field, _words in _WORDS.items():
    for _line in _words.split("\n"):
        for _word in _line.split("|"):
            _key = _word.strip().casefold()
            if _key:
                LABELS[_key] = LABELS.get(_key, frozenset()) | {_field}

MAX_LABEL = max(len(label) for label in LABELS)
