"""Words that mean the same in most shops: for nobody, statuses, totals and channels.

In English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Swedish, Danish, Japanese,
Chinese, Russian, Ukrainian, Turkish, Greek, Korean, Indonesian and Malay, Vietnamese, Hungarian, Romanian,
Finnish, Croatian and Slovene, Slovak, Norwegian, Bulgarian, Arabic, Persian, Hebrew, Thai and Hindi.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import filterfalse

from sources.files.sql import literal

# What databases, spreadsheets and pandas write for a missing value.
NOBODY = (
    *("null", "\\n", "nan", "none", "n/a", "na", "#n/a", "nil", "undefined", "-", "--", "(blank)", "(null)"),
    *("<null>", "[null]", "<none>", "#null!", "#ref!", "#value!", "#name?", "(empty)", "<empty>", "empty"),
    *("missing", "(leer)", "[object object]", '"null"', "'null'", "—", "–", "---", "***", "nul"),
    *("<na>", "nat", "(none)", "not set", "(not set)", "no customer", "nobody", "-1", "?", "."),
    "00000000-0000-0000-0000-000000000000",
)
# What a number is where there is none; 0.0 after a table with blanks was converted, 00000 of a fixed width.
ZEROS = ("0.0", *("0" * width for width in range(1, 13)))
# What shops call people who did not give a name.
GUESTS = (
    *("guest", "guest customer", "walk-in", "walk in", "walk-in customer", "walk in customer", "anonymous"),
    *("unknown", "cash", "cash sale", "cash customer", "counter sale", "gast", "laufkunde", "laufkundschaft"),
    *("walkin", "walk-in guest", "cash sales", "counter", "guest user", "guest checkout", "no name", "anon"),
    *("anonymous customer", "retail customer", "general customer", "diverse kunden", "barkunde"),
    *("endkunde", "passant", "kassakunde", "kontant", "gæst", "gäst", "klient detaliczny", "detal"),
    *("client de passage", "client divers", "comptoir", "particulier", "consumidor final", "cliente final"),
    *("público general", "publico general", "público en general", "publico en general", "mostrador"),
    *("cliente mostrador", "cliente general", "cliente varios", "clientes varios", "cliente generico"),
    *("cliente genérico", "consumidor", "cliente balcão", "cliente avulso", "cliente occasionale"),
    *("розничный покупатель", "частное лицо", "физическое лицо", "физ. лицо", "физлицо", "гость", "гість"),
    *("роздрібний покупець", "фізична особа", "misafir", "perakende müşteri", "πελάτης λιανικής"),
    *("散客", "游客", "遊客", "匿名", "ゲスト", "一般客", "非会員", "비회원", "게스트"),
    *("barverkauf", "anonym", "invité", "client comptoir", "invitado", "convidado", "ospite", "gość", "test"),
    *("umum", "pelanggan umum", "khách lẻ", "khách vãng lai", "khách hàng lẻ", "vendég"),
    *("persoană fizică", "client ocazional", "vieras", "gost", "hosť", "гост", "زائر"),
    *("عميل نقدي", "عميل عام", "مهمان", "אורח", "לקוח מזדמן", "ลูกค้าทั่วไป"),
)
TOTALS = (
    *("total", "totals", "grand total", "subtotal", "sub total", "sub-total", "sum", "average", "mean"),
    *("summe", "gesamt", "gesamtsumme", "zwischensumme", "ergebnis", "gesamtergebnis", "durchschnitt"),
    *("gesamtbetrag", "gesamtumsatz", "totaalbedrag", "ogółem", "łącznie", "totalt", "i alt"),
    *("suma", "totale", "totaal", "total général", "sous-total", "overall total", "moyenne", "promedio"),
    *(
        "razem",
        "celkem",
        "合計",
        "小計",
        "総計",
        "合计",
        "小计",
        "总计",
        "總計",
        "итого",
        "всего",
        "итог",
        "разом",
    ),
    *(
        "усього",
        "всього",
        "toplam",
        "genel toplam",
        "ara toplam",
        "σύνολο",
        "γενικό σύνολο",
        "합계",
        "총계",
        "소계",
    ),
    *("total keseluruhan", "tổng cộng", "összesen", "mindösszesen", "total general"),
    # What was owed before, or is then.
    *(
        "opening balance",
        "closing balance",
        "balance brought forward",
        "balance carried forward",
        "balance b/f",
    ),
    *("balance c/f", "brought forward", "carried forward", "anfangssaldo", "endsaldo", "saldovortrag"),
    *("solde initial", "solde d'ouverture", "solde final", "saldo inicial", "saldo final", "saldo iniziale"),
    *("saldo finale", "beginsaldo", "eindsaldo"),
    *("yhteensä", "ukupno", "sveukupno", "skupaj", "spolu", "общо", "الإجمالي", "المجموع"),
    *("جمع کل", "סהכ", "รวมทั้งหมด", "कुल योग"),
)
TOTAL_WORDS = (*TOTALS, *(f"{word}:" for word in TOTALS))  # all that is in a cell
# A line that begins or ends with such a word, such as a pivot table's "Ann Lee Total".
NAMES_TOTAL = rf"(?im)^(?:{'|'.join(TOTALS)})(?:\P{{L}}|$)|(?:^|\P{{L}})(?:{'|'.join(TOTALS)})$"
# What stands for no date, beside a word of NOBODY.
NO_DATES = (
    *("00/00/0000", "00.00.0000", "00-00-0000", "0/0/0000", "tbd", "tba", "unknown", "not available"),
    # What spreadsheets show for an empty cell that is formatted as a date.
    *("0", "0.0", "0/1/1900", "00/01/1900", "0.1.1900", "0/1/00", "00/01/00", "00.01.00"),
)
STATUS = {
    "completed": (
        *("completed", "complete", "paid", "shipped", "delivered", "fulfilled", "closed", "success"),
        *(
            "succeeded",
            "captured",
            "done",
            "payment accepted",
            "approved",
            "confirmed",
            "posted",
            "checked in",
            "shipped delivered to buyer",
            "shipped picked up",
            "shipped out for delivery",
            "out for delivery",
            "in transit",
            "dispatched",
            "invoiced",
        ),
        *(
            "awaiting fulfillment",
            "awaiting shipment",
            "erfolgreich",
            "paiement accepté",
            "aprovado",
            "aprovada",
        ),
        *("concluída", "paga", "enviada", "pagamento aprovado", "pagamento efetuado", "pedido concluído"),
        *("pagada", "entregada", "completada", "pagata", "spedita", "consegnata", "completata", "opłacona"),
        *("wysłana", "dostarczona", "zakończona", "zrealizowana", "zapłacone", "zapłacona", "zaplacená"),
        *("odeslaná", "doručená", "dokončená", "vyřízená", "выполнена", "завершена", "доставлена"),
        *("faturado", "doręczone", "afsendt", "slutbetald", "en cours de préparation"),
        *("abgeschlossen", "bezahlt", "versendet", "versandt", "geliefert"),
        *("payé", "payée", "expédié", "expédiée", "livré", "livrée", "terminé", "terminée"),
        *("pagado", "enviado", "entregado", "completado", "pago", "entregue", "concluído"),
        *("pagato", "spedito", "consegnato", "completato", "betaald", "verzonden", "voltooid"),
        *("opłacone", "wysłane", "dostarczone", "zakończone", "zrealizowane", "zaplaceno", "odesláno"),
        *(
            "doručeno",
            "dokončeno",
            "vyřízeno",
            "betald",
            "skickad",
            "levererad",
            "betalt",
            "sendt",
            "leveret",
        ),
        *("支払済", "支払い済み", "発送済み", "配達済み", "完了", "已付款", "已发货", "已完成", "交易成功"),
        *("оплачен", "оплачено", "оплачена", "выполнен", "выполнено", "завершен", "завершён", "доставлен"),
        *("отправлен", "сплачено", "виконано", "завершено", "доставлено", "відправлено", "ödendi"),
        *(
            "tamamlandı",
            "teslim edildi",
            "kargolandı",
            "πληρωμένη",
            "πληρώθηκε",
            "ολοκληρώθηκε",
            "παραδόθηκε",
        ),
        *("απεστάλη", "결제완료", "결제 완료", "배송완료", "배송 완료", "구매확정", "완료"),
        *("selesai", "lunas", "berhasil", "sukses", "terkirim", "dikirim", "dibayar"),
        *("sudah dibayar", "diterima", "telah dibayar", "dihantar", "terkonfirmasi"),
        *("đã thanh toán", "đã giao", "đã giao hàng", "hoàn thành", "hoàn tất", "thành công"),
        *("giao hàng thành công", "giao thành công", "đã nhận hàng", "đã xác nhận", "đang giao"),
        *("đang giao hàng", "fizetve", "kifizetve", "teljesítve", "kézbesítve", "kiszállítva"),
        *("feladva", "lezárva", "plătită", "plătit", "achitată", "achitat", "livrată", "livrat"),
        *("finalizată", "finalizat", "expediată", "expediat", "confirmată", "maksettu"),
        *("toimitettu", "valmis", "lähetetty", "plaćeno", "plaćena", "dostavljeno", "dostavljena"),
        *("isporučeno", "isporučena", "poslano", "poslato", "završeno", "završena", "potvrđeno"),
        *("plačano", "zaključeno", "zaplatené", "uhradené", "uhradená", "odoslané", "odoslaná"),
        *("doručené", "vybavené", "vybavená", "dokončené", "levert", "fullført", "платена"),
        *("платено", "доставена", "изпълнена", "завършена", "изпратена", "مدفوع", "مدفوعة"),
        *("تم الدفع", "مكتمل", "مكتملة", "تم التوصيل", "تم التسليم", "تم الشحن", "پرداخت شده"),
        *("ارسال شده", "تحویل شده", "تکمیل شده", "تحویل داده شده", "שולם", "שולמה", "הושלם"),
        *("הושלמה", "נשלח", "נשלחה", "נמסר", "נמסרה", "สำเร็จ", "ชำระแล้ว", "ชำระเงินแล้ว"),
        *("จัดส่งแล้ว", "เสร็จสิ้น", "पूर्ण", "वितरित"),
    ),
    "pending": (
        *("pending", "processing", "open", "authorized", "authorised", "on hold", "pending payment"),
        *("unshipped", "unpaid", "not paid", "awaiting payment", "payment pending", "created"),
        *("offen", "in bearbeitung", "en attente", "en cours", "pendiente", "pendente", "in attesa"),
        *(
            "en proceso",
            "em processamento",
            "em andamento",
            "aguardando pagamento",
            "in lavorazione",
            "işlemde",
        ),
        *("in behandeling", "oczekujące", "w realizacji", "nieopłacone", "čeká na platbu", "väntande"),
        *("işlemde", "afventer", "未払い", "処理中", "待付款", "待发货", "处理中"),
        *("ожидает оплаты", "в ожидании", "в обработке", "не оплачен", "очікує оплати", "в обробці"),
        *(
            "beklemede",
            "ödeme bekliyor",
            "hazırlanıyor",
            "εκκρεμεί",
            "σε εκκρεμότητα",
            "입금대기",
            "결제대기",
        ),
        *("menunggu", "menunggu pembayaran", "belum bayar", "belum dibayar", "belum lunas"),
        *("diproses", "dalam proses", "sedang diproses", "tertunda", "chờ xử lý", "chờ xác nhận"),
        *("chờ thanh toán", "đang xử lý", "chưa thanh toán", "függőben", "feldolgozás alatt"),
        *("fizetésre vár", "în așteptare", "în aşteptare", "în procesare", "în curs de procesare"),
        *("în curs de confirmare", "neplătită", "neplătit", "avoin", "käsittelyssä"),
        *("odottaa maksua", "maksamatta", "na čekanju", "u obradi", "nije plaćeno", "neplaćeno"),
        *("v obdelavi", "čaká na platbu", "čaká na úhradu", "spracováva sa", "nezaplatené"),
        *("ubetalt", "чакаща", "очаква плащане", "неплатена", "обработва се"),
        *("в процес на обработка", "قيد الانتظار", "قيد المعالجة", "قيد التنفيذ", "معلق"),
        *("بانتظار الدفع", "غير مدفوع", "در انتظار پرداخت", "در انتظار", "در حال پردازش"),
        *("در انتظار بررسی", "پرداخت نشده", "ממתין", "ממתין לתשלום", "בטיפול", "לא שולם"),
        *("รอชำระเงิน", "รอดำเนินการ", "ที่ต้องชำระ", "กำลังดำเนินการ", "ยังไม่ชำระ", "लंबित"),
    ),
    "refunded": (
        *(
            "refunded",
            "refund",
            "returned",
            "return",
            "credit note",
            "credit memo",
            "chargeback",
            "charged back",
        ),
        *("shipped returned to seller", "shipped returning to seller", "shipped rejected by buyer"),
        *("returned to sender", "return to sender", "returned to seller"),
        *("reversed", "zurückerstattet", "retoure", "rücklastschrift", "gutschrift", "avoir", "reembolsada"),
        *(
            "estornado",
            "estornada",
            "devuelta",
            "devolvida",
            "rimborsata",
            "zwrócona",
            "vrácená",
            "возвращена",
        ),
        *("reso", "retour"),
        *("erstattet", "rückerstattet", "retourniert", "remboursé", "remboursée", "retourné", "retournée"),
        *("reembolsado", "devuelto", "devolvido", "rimborsato", "terugbetaald", "geretourneerd"),
        *("zwrócone", "zwrot", "vráceno", "återbetald", "returnerad", "refunderet", "returneret"),
        *("返金済み", "返金", "返品", "已退款", "退款", "退货"),
        *(
            "возврат",
            "возвращен",
            "возвращён",
            "возвращено",
            "повернено",
            "повернення",
            "iade",
            "iade edildi",
        ),
        *("επιστροφή", "επιστράφηκε", "환불", "환불완료", "환불 완료", "반품", "반품완료"),
        *("dikembalikan", "retur", "pengembalian", "pengembalian dana", "hoàn tiền"),
        *("đã hoàn tiền", "trả hàng", "đã trả hàng", "visszatérítve", "visszaküldve", "visszáru"),
        *("returnată", "returnat", "rambursată", "rambursat", "palautettu", "hyvitetty", "vraćeno"),
        *("vraćena", "povrat", "refundirano", "vrnjeno", "povrnjeno", "vrátené", "refundované"),
        *("refundert", "returnert", "върната", "върнато", "възстановена", "مسترجع", "مسترد"),
        *("مرتجع", "تم الاسترجاع", "تم الاسترداد", "مرجوع شده", "مرجوعی", "برگشت داده شده"),
        *("مسترد شده", "זוכה", "הוחזר", "הוחזרה", "החזר", "זיכוי", "คืนเงิน", "คืนเงินแล้ว"),
        *("คืนสินค้า", "धनवापसी"),
    ),
    "partly_refunded": (
        *(
            "partially refunded",
            "partial refund",
            "partly refunded",
            "partial refunded",
            "refunded partially",
        ),
        *("partially returned", "partial return", "teilweise erstattet", "teilerstattet", "teilerstattung"),
        *("teilweise zurückerstattet", "teilweise retourniert", "teilretoure", "partiellement remboursé"),
        *("partiellement remboursée", "remboursement partiel", "remboursé partiellement"),
        *("reembolso parcial", "parcialmente reembolsado", "parcialmente reembolsada", "estorno parcial"),
        *(
            "parcialmente estornado",
            "rimborso parziale",
            "parzialmente rimborsato",
            "gedeeltelijk terugbetaald",
        ),
        *("częściowo zwrócone", "częściowy zwrot", "částečně vráceno", "delvis återbetald"),
        *(
            "delvist refunderet",
            "一部返金",
            "一部返金済み",
            "部分退款",
            "частичный возврат",
            "частично возвращен",
        ),
        *(
            "частично возвращён",
            "часткове повернення",
            "частково повернено",
            "kısmi iade",
            "μερική επιστροφή",
        ),
        *("부분환불", "부분 환불", "일부환불"),
    ),
    "cancelled": (
        *("cancelled", "canceled", "void", "voided", "failed", "unavailable", "declined"),
        *(
            "payment failed",
            "payment error",
            "fail",
            "denied",
            "rejected",
            "expired",
            "no show",
            "refused",
            "error",
        ),
        *("cancelled by customer", "cancelled by buyer", "cancelled by seller", "canceled by customer"),
        *("canceled by buyer", "canceled by seller", "not attending", "abgelehnt", "fehlgeschlagen"),
        *("erreur de paiement", "cancelada", "anulada", "annullata", "anulowana", "zrušená", "отменена"),
        *("pagamento negado", "pagamento recusado", "pago rechazado", "paiement refusé", "pedido cancelado"),
        *("storniert", "abgebrochen", "annulé", "annulée", "cancelado", "anulado", "annullato"),
        *("geannuleerd", "anulowane", "anulowano", "zrušeno", "stornováno", "avbruten", "makulerad"),
        *("annulleret", "annuleret", "キャンセル", "キャンセル済み", "已取消", "交易关闭"),
        *("отменен", "отменён", "отменено", "скасовано", "скасоване", "iptal", "iptal edildi", "ακυρώθηκε"),
        *("ακυρωμένη", "취소", "취소됨", "주문취소", "취소완료", "취소 완료"),
        *("dibatalkan", "batal", "gagal", "ditolak", "kedaluwarsa", "kadaluarsa", "đã hủy"),
        *("đã huỷ", "hủy", "huỷ", "bị hủy", "hủy đơn", "thất bại", "giao thất bại", "törölve"),
        *("törölt", "lemondva", "sztornó", "sztornózva", "visszavonva", "sikertelen", "anulată"),
        *("anulat", "respinsă", "peruttu", "peruutettu", "otkazano", "otkazana", "stornirano"),
        *("stornirana", "neuspjelo", "preklicano", "odbijeno", "poništeno", "isteklo", "zrušené"),
        *("stornované", "kansellert", "avbrutt", "отказана", "отказано", "анулирана", "анулирано"),
        *("ملغي", "ملغى", "ملغية", "ملغاة", "تم الإلغاء", "فشل", "مرفوض", "لغو شده", "ناموفق"),
        *("בוטל", "בוטלה", "מבוטל", "מבוטלת", "נכשל", "ยกเลิก", "ยกเลิกแล้ว", "ล้มเหลว", "रद्द"),
    ),
}
# What flags say; a column in which something is filled that is no NO says yes.
YES = (
    *("1", "1.0", "true", "t", "yes", "y", "x", "ja", "j", "oui", "si", "sí", "sì", "sim", "tak", "ano"),
    *("да", "はい", "是"),
    *("ya", "có", "igen", "kyllä", "نعم", "بله", "כן"),
)
NO = (
    *("0", "0.0", "0.00", "0,00", "false", "f", "no", "n", "none", "null", "-", "nein", "non", "nie", "ne"),
    *("nee", "nej", "não", "nao", "нет", "いいえ", "否"),
    *("tidak", "không", "nu", "nem", "ei", "لا", "خیر", "לא"),
)
CHANNEL = {
    "web": ("web", "online", "website", "online store", "shop"),
    "app": ("app", "mobile", "ios", "android", "mobile app"),
    "store": ("store", "pos", "retail", "in store", "point of sale"),
    "marketplace": ("marketplace", "amazon", "ebay", "etsy", "zalando"),
}
# Those that mean one currency, or one before all others.
_MONEY_SIGNS = """
    € EUR  £ GBP  ₹ INR  ₽ RUB  ₺ TRY  ₩ KRW  ₱ PHP  ฿ THB  ₫ VND  ₪ ILS  ₴ UAH  ₦ NGN  ₸ KZT  ₾ GEL
    ₲ PYG  ₡ CRC  zł PLN  Kč CZK  Ft HUF  лв BGN  lei RON  Lei RON  LEI RON  TL TRY  RM MYR  Rp IDR  S/ PEN
    VNĐ VND  VNđ VND  đồng VND  đ VND  Đ VND  руб RUB  грн UAH  บาท THB  ر.س SAR  د.إ AED  ج.م EGP  د.ع IQD
    د.ك KWD  ر.ق QAR  ر.ع OMR  د.أ JOD  د.ت TND  د.ج DZD  د.م. MAD  ریال IRR  ש"ח ILS  ₮ MNT  ₵ GHS  ৳ BDT
    $ USD  US$ USD  R$ BRL  A$ AUD  AU$ AUD  C$ CAD  CA$ CAD  NZ$ NZD  HK$ HKD  S$ SGD  NT$ TWD  MX$ MXN
"""
_PAIRS = _MONEY_SIGNS.split()
MONEY_SIGNS = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
EUROS = {"EURO": "EUR", "EUROS": "EUR"}
AMBIGUOUS_SIGNS = {  # currencies with one sign
    "¥": ("JPY", "CNY"),
    **dict.fromkeys(("kr", "Kr"), ("SEK", "NOK", "DKK", "ISK")),
    "Rs": ("INR", "PKR", "LKR", "NPR"),
}
# Beside a number, for Python's expressions and DuckDB's alike: also codes, and dollars of which we know none.
MONEY_SIGN = "|".join(
    [
        r"[A-Z]{0,3}\$",
        *(re.escape(sign) for sign in (*MONEY_SIGNS, *AMBIGUOUS_SIGNS) if "$" not in sign),
        "[A-Z]{3}",
    ]
)


def plain_word(word: str) -> str:
    """Return a status in the form used to compare it: without case, dashes and WooCommerce's wc-."""
    return re.sub(r"^wc ", "", " ".join(re.sub(r"[-_\s]+", " ", word.strip().lower()).split()))


def plain_word_sql(text: str) -> str:
    """Return the SQL of `plain_word`."""
    return f"regexp_replace(regexp_replace(lower({text}), '[-_\\s]+', ' ', 'g'), '^wc ', '')"


def is_one_of(text: str, words: Iterable[str]) -> str:
    """Return the SQL that tests whether a text is one of some words, ignoring case."""
    # A list, since DuckDB turns a long IN into a join, which every query of a view then has to run.
    return f"list_contains([{', '.join(literal(word.lower()) for word in words)}], lower({text}))"


def is_filled(text: str) -> str:
    """Return the SQL that tests whether a text is there, and does not say no."""
    return f"{text} is not null and not {is_one_of(text, NO)}"


@cache
def usual_status_words() -> dict[str, list[str]]:
    """Return the {status: words} for a mapping that gives no words, also as written without accents."""
    return {
        status: list(dict.fromkeys(each for word in words for each in (word, without_accents(word))))
        for status, words in STATUS.items()
    }


def without_accents(word: str) -> str:
    """Return a word of Latin letters without their accents; in other scripts, marks make other letters."""
    is_latin = all(unicodedata.name(each).startswith("LATIN") for each in word if each.isalpha())
    plain = "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFD", word)))
    return plain.replace("đ", "d") if is_latin else word
