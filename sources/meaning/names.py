"""Recognise which column is which field, by common names."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import filterfalse

from sources.files.typed_values import TYPE
from sources.meaning.currencies import CODES

# Without case, accents, blanks and punctuation, the most reliable first: English, then German, French,
# Spanish and Portuguese, Italian, Dutch, Polish and Czech, Swedish and Danish, Japanese and Chinese, Russian
# and Ukrainian, Turkish, Greek, Korean; then Indonesian and Malay, Vietnamese, Hungarian, Romanian, Finnish,
# Croatian and Slovene, Slovak, Norwegian, Bulgarian, Arabic, Persian, Hebrew, Thai and Hindi.
_USUAL_NAMES = {
    "customer": """
        customeruniqueid customerid custid clientid userid buyerid buyeruserid memberid customer customerno
        customernumber customercode cardcode client customeremail buyeremail contactemail purchaseemail
        billingemail useremail email customeruuid useruuid idcustomer shopperreference buyerusername
        customerrefvalue contactcontactid customername buyer acheteur comprador acquirente loyaltycard
        loyaltynumber householdkey householdid visitorid kundennr kundennummer kundenid kunde
        debitorennr debitor clientname idclient numeroclient idcliente clienteid numerocliente codigocliente
        codicecliente cliente nombrecliente nomecliente nomclient kundenname klantnaam iduser idmember
        adresseemail correo correoelectronico klantid klantnummer klant klient idklienta nrklienta
        nazwaklienta idzakaznika zakaznik jmenozakaznika
        kundnr kundnummer kundid kund contactid
        accountid subscriberid donorid guestid patientid mobile mobilenumber mobileno phone phonenumber
        顧客id 顧客番号 顧客コード 会員id 会員番号 お客様番号 顧客 顧客名 購入者 メールアドレス
        客户id 客户编号 会员id 会员编号 用户id 客户 客户名称 会员 买家 用户 客戶編號 會員編號 客戶 買家 邮箱
        电子邮件 電子郵件
        idклиента кодклиента номерклиента клиент имяклиента фиоклиента idпокупателя покупатель заказчик
        контрагент
        электроннаяпочта почта
        idклієнта кодклієнта номерклієнта клієнт покупець замовник електроннапошта
        müşteriid müşterino müşterinumarası müşterikodu müşteri müşteriadı alıcı eposta epostaadresi
        idπελάτη κωδικόςπελάτη αριθμόςπελάτη πελάτης αγοραστής 고객id 고객아이디 고객번호 회원id 회원번호
        고객 고객명 구매자 주문자
        이메일 이메일주소
        idpelanggan kodepelanggan namapelanggan pelanggan namapembeli pembeli konsumen namakonsumen
        idkonsumen namacustomer makhachhang makh idkhachhang khachhang tenkhachhang tenkhach nguoimua
        emailkhachhang ügyfél ügyfélneve ügyfélnév ügyfélazonosító vevő vevőneve vásárló vásárlóneve
        megrendelő clientul numeclient codclient cumpărător asiakas asiakasid asiakasnumero asiakasnro
        asiakkaannimi kupac imekupca nazivkupca idkupca kupec stranka nazivstranke idzákazníka zákazníkid
        menozákazníka kunderid клиентид имеклиент имена купувач رقمالعميل العميل اسمالعميل الزبون
        اسمالزبون المشتري البريدالإلكتروني نامخریدار خریدار ناممشتری مشتری شناسهمشتری کدمشتری ایمیل לקוח
        שםלקוח שםהלקוח מספרלקוח אימייל דואל รหัสลูกค้า ลูกค้า ชื่อลูกค้า ผู้ซื้อ ชื่อผู้ซื้อ อีเมล ग्राहक
        ग्राहककानाम
    """,
    "time": """
        saletimestamp invoicedate orderdate orderpurchasetimestamp orderedat purchasedate transactiondate
        saledate createdat createdutc created timestamp datetime date createddateutc createddate placedat
        orderedon soldat paidat createdtime datestring
        ordertimestamp ordertime eventtime eventtimestamp saletime docdate billdate paymentdate
        bookingdate bookedon dateadded dateadd createdtimestamp datecreated datepaid dateordered time
        bestelldatum bestellzeitpunkt auftragsdatum rechnungsdatum verkaufsdatum kaufdatum belegdatum
        datecommande datevente dateachat datefacture fechapedido fechaorden fechaventa fechacompra
        fechafactura datapedido datavenda datacompra dataordine datavendita dataacquisto datafattura
        besteldatum orderdatum verkoopdatum aankoopdatum factuurdatum datazamowienia datasprzedazy datazakupu
        datumobjednavky datumprodeje datumnakupu dataobjednavky fakturadatum ordredato salgsdato
        datum fecha data dato 注文日時 注文日 注文日付 購入日時 購入日 売上日 販売日
        取引日 日時 日付
        下单时间 下单日期 订单日期 订单时间 交易时间 交易日期 付款时间 创建时间 訂單日期 下單時間 日期 时间
        датазаказа времязаказа датапродажи датапокупки датаоплаты датасоздания дата датазамовлення датапродажу
        датастворення siparistarihi satistarihi faturatarihi islemtarihi tarih ημερομηνίαπαραγγελίας
        ημερομηνίαπώλησης ημερομηνία 주문일시 주문일자 주문날짜 주문일 결제일시 결제일 구매일 판매일 거래일
        날짜 일시 일자
        tanggaltransaksi tanggalpesanan tanggalpembelian tanggalpenjualan tanggalorder tanggal
        tgltransaksi tgl tarikhpesanan tarikhjualan tarikh waktutransaksi waktupesanandibuat waktu
        ngàyđặthàng ngàyđặt ngàymua ngàybán ngàytạođơn ngàytạo ngàylập ngàyhóađơn ngàyhd thờigianđặthàng
        thờigian ngày rendelésdátuma rendelésidőpontja megrendelésdátuma vásárlásdátuma eladásdátuma kelt
        dátum datacomenzii datacomandă datavânzării datavânzare datafacturii tilauspäivä tilauspvm
        ostopäivä myyntipäivä päivämäärä päiväys pvm aika datumnarudžbe datumkreiranja datumprodaje
        datumračuna datumnaročila dátumobjednávky dátumpredaja bestillingsdato датанапоръчка
        датанапоръчката датанапродажба تاريخالطلب تاريخالفاتورة تاريخالبيع تاريخالشراء تاريخالإنشاء
        التاريخ تاریخسفارش تاریخخرید تاریخفروش تاریخثبت تاریخفاکتور تاریخ תאריךהזמנה תאריךמכירה תאריך
        วันที่สั่งซื้อ วันที่ขาย วันที่ทำรายการ วันที่ दिनांक तारीख
    """,
    "total": """
        ordertotal totalamount grandtotal finaltotal total totalinctax totalincltax totalincvat totalinclvat
        paymentvalue amount linetotal revenue totalprice totalpaid
        grandtotalamount amountpaid totaldue totalpaidtaxincl totalpaidreal paidprice pricepaid paidamount
        ordertotalinctax totalpurchaseamount purchaseamount transactionamount paymentamount
        billamount invoiceamount invoicetotal orderamount ordervalue saleamount salevalue salesvalue
        salesamount totalsales totalrevenue totalspent spend sales
        finalprice finalamount carttotal ordertotalamount totalorderamount nrevenue
        umsatz gesamtbetrag gesamtpreis rechnungsbetrag bestellwert auftragswert bestellsumme betrag summe
        montanttotal montantttc totalttc totalcommande totalfacture prixtotal montant importetotal montototal
        totalpedido totalorden totalventa totalfactura preciototal importe monto valortotal valorpedido
        totalvenda valorvenda valorcompra precototal faturamento valor totaleordine prezzototale totale
        importo totaalbedrag totaalprijs totaal bedrag kwotabrutto
        wartosczamowienia kwota wartosc celkovacena cenacelkem cenaobjednavky castka celkem totalpris belopp
        summa totalt beløb 合計金額 注文金額 請求金額 支払金額 売上金額
        総額 合計 売上 金額
        订单金额 实付金额 支付金额 总金额 总价 总计 合计 销售额 金额 總金額 總計 銷售額
        суммазаказа итоговаясумма общаясумма общаястоимость итого сумма всего выручка стоимость
        сумазамовлення загальнасума
        разом сума всього вартість toplamtutar siparistutari geneltoplam toplam tutarı tutar συνολικόποσό
        γενικόσύνολο σύνολο ποσό αξία
        총주문금액 결제금액 주문금액 판매금액 총금액 총액 합계 매출액 매출 금액
        totalharga totalbayar totalpembayaran totalpenjualan totaltransaksi totalpendapatan totalbelanja
        hargatotal jumlahharga jumlahbayar jumlahpembayaran jumlahbayaran jumlahkeseluruhan omzet pendapatan
        nilaitransaksi tổngthanhtoán tổngtiềnthanhtoán tổngcộng tổngtiền thànhtiền tổnggiátrị doanhthu
        sốtiền végösszeg fizetendő összesen összeg bruttóösszeg bruttóár összérték totalcomandă
        totaldeplată valoaretotală valoarecomandă valoare sumatotală sumă preţtotal prețtotal loppusumma
        yhteensä kokonaissumma kokonaishinta ukupaniznos ukupno iznos ukupnacijena skupaj znesek spolu
        celkovásuma celkovácena cenaspolu obrat celkovásumasdph totalbeløp beløp общасума общастойност
        общо стойност الإجماليالكلي المبلغالإجمالي إجماليالمبلغ إجماليالطلب الإجمالي المجموع المبلغ القيمة
        جمعکل مبلغکل مبلغنهایی مبلغقابلپرداخت مبلغ סכוםכולל סהכלתשלום סהכ סכום ยอดรวมทั้งหมด ยอดรวม
        ยอดชำระ ยอดขาย จำนวนเงิน ราคารวม रकम कुलराशि कुल राशि
    """,
    "price": """
        unitprice priceperunit priceeach itemprice lineitemprice saleprice sellingprice price einzelpreis
        stueckpreis stuckpreis verkaufspreis preis prixunitaire prixvente prix preciounitario precioventa
        precio precounitario precovenda preco prezzounitario prezzovendita prezzo stuksprijs prijs
        cenajednostkowa cenazakus cena enhedspris styckpris pris 単価 販売価格 価格 单价 单品价格
        价格 單價
        ценазаединицу цена ціназаодиницю цінаодиниці ціна birimfiyatı birimfiyat fiyat τιμήμονάδας τιμή 단가
        판매가 가격
        hargasatuan hargajual hargaperunit harga đơngiá giábán giá egységár eladásiár prețunitar preț pret
        yksikköhinta ahinta kappalehinta hinta jediničnacijena cijena cenanaenoto jednotkovácena cenazakus
        единичнацена سعرالوحدة السعر قیمتواحد قیمت מחירליחידה מחיר ราคาต่อหน่วย ราคาต่อชิ้น ราคา कीमत
        मूल्य
    """,
    "order": """
        saleid orderid invoiceno invoiceid ordernumber transactionid invoicenumber receiptnumber receiptno
        receiptid orderuuid idorder incrementid docnum billno billnumber basketid orderref purchaseid invoice
        order orderno receipt orderreference merchantreference amazonorderid documentnumber
        bonnr bonnummer kassenbon kassenbonnr kassenbonnummer notafiscal numeronotafiscal numerofattura saleno
        salenumber salesorderid salesordernumber salesorderno ticketnumber ticketno noчека 小票号 小票编号
        bookingid bookingnumber donationid bestellnr bestellnummer bestellung
        auftragsnr auftragsnummer auftragsid auftrag rechnungsnr rechnungsnummer rechnung belegnr belegnummer
        idcommande numerocommande numerodecommande ncommande ndecommande commande numerofacture facture
        numeropedido numerodepedido nopedido npedido idpedido pedido numerodeorden numeroorden idventa idvenda
        idfactura facturaid factura fatura idordine numeroordine
        ordine fattura bestelnummer
        ordernummer bestelling factuurnummer factuur nrzamowienia numerzamowienia idzamowienia zamowienie
        cisloobjednavky idobjednavky objednavka ordernr fakturanr bestallning ordrenr ordrenummer
        注文番号 注文id 受注番号 伝票番号 订单号 订单编号 订单id 交易号 订单 訂單編號 訂單號
        номерзаказа noзаказа idзаказа кодзаказа заказ номерчека номерсчета номердокумента номерзамовлення
        noзамовлення
        idзамовлення замовлення siparişno siparişnumarası siparişid sipariş faturano fişno αριθμόςπαραγγελίας
        κωδικόςπαραγγελίας παραγγελία αριθμόςτιμολογίου 주문번호 주문id 영수증번호 주문 id
        idinvoice idtransaksi kodetransaksi notransaksi nomortransaksi idpesanan nopesanan nomorpesanan
        kodepesanan idpenjualan nofaktur nomorfaktur nonota nomornota notanomor notajualan noresit mãđơnhàng
        mãđơn sốđơnhàng mãhóađơn mahd sốhóađơn iddonhang rendelésszám megrendelésszám rendelésazonosító
        rendelésid számlaszám bizonylatszám numărcomandă nrcomandă idcomandă codcomandă comandă
        numărfactură nrfactură idvânzare tilausnumero tilausnro tilausid tilaus laskunumero kuittinumero
        brojnarudžbe brojnarudžbine brojporudžbine brojračuna idnarudžbe narudžba številkanaročila
        čísloobjednávky objednávka číslofaktúry bestillingsnr bestillingsnummer номернапоръчка
        номернапоръчката поръчка номернафактура رقمالطلب رقمالطلبية رقمالفاتورة شمارهسفارش کدسفارش
        شناسهسفارش شمارهفاکتور מספרהזמנה מסהזמנה הזמנה מספרחשבונית หมายเลขคำสั่งซื้อ เลขที่คำสั่งซื้อ
        รหัสคำสั่งซื้อ เลขที่ใบเสร็จ เลขที่บิล ऑर्डरसंख्या बिलसंख्या
    """,
    "quantity": """
        quantity qty units pieces quantityordered quantityshipped quantitypurchased lineitemquantity
        purchasequantity menge anzahl stueckzahl
        quantite quantitevendue cantidad cantidadvendida quantidade quantidadevendida quantita aantal ilosc
        liczbasztuk mnozstvi pocetkusu antal 数量 個数 点数 注文数 販売数
        购买数量 销售数量 件数 數量 количество количествопродаж количествотовара колво штук кількість ккість
        adet miktar ποσότητα τεμάχια 수량 개수
        kuantitas kuantiti jumlahbarang jumlahterjual jumlahproduk jumlahbeli jumlahunit terjual banyaknya
        sốlượng mennyiség darabszám darab cantitate bucăți määrä kpl količina komada počet množstvo kusov
        antall брой الكمية کمیت تعداد כמות จำนวน จำนวนชิ้น मात्रा jumlah
    """,
    "currency": """
        currency currencycode ordercurrency ordercurrencycode waehrung wahrung devise moneda moeda valuta
        waluta mena divisa 通貨 通貨コード 币种 货币 币别 幣別 貨幣 валюта кодвалюты кодвалюти parabirimi
        dövizcinsi νόμισμα 통화 통화코드
        matauang matawang tiềntệ pénznem devizanem monedă valuutta mena العملة ارز واحدپول מטבע สกุลเงิน मुद्रा
    """,
    "status": """
        status orderstatus financialstatus paymentstatus currentstate orderstate statusid statuscode
        bestellstatus auftragsstatus statutcommande etatcommande etat statut estadopago estadopedido
        estadoorden
        estadoventa estado statuspagamento statuspedido statusvenda situacao statoordine stato bestelstatus
        statusobjednavky stavobjednavky stav statuszamowienia ordrestatus 状態 注文状況
        注文ステータス ステータス 订单状态 交易状态 状态 訂單狀態 狀態
        статусзаказа статус состояние статусзамовлення стан siparişdurumu durum κατάστασηπαραγγελίας κατάσταση
        주문상태 상태
        statuspesanan statustransaksi statuspembayaran trạngtháiđơnhàng trạngthái tìnhtrạng
        trạngtháithanhtoán rendelésállapota rendelésállapot állapot státusz stare starecomandă
        statuscomandă tila tilauksentila statusnarudžbe statusporudžbine statusplaćanja stavobjednávky
        статуснапоръчка статуснапоръчката статуснаплащане حالةالطلب حالةالدفع الحالة وضعیتسفارش
        وضعیتپرداخت وضعیت סטטוסהזמנה סטטוס מצבהזמנה สถานะคำสั่งซื้อ สถานะการสั่งซื้อ สถานะ स्थिति docstatus
    """,
    "product": """
        productid stockcode sku itemid productcode product lineitemsku artikelnr artikelnummer artikel
        produkt produit idproducto producto nombreproducto idproduto produto nomeproduto idprodotto prodotto
        商品コード 商品番号 商品id 商品 商品名 商品编号 商品编码
        商品名称 产品 商品編號
        產品 кодтовара артикул товар названиетовара наименование кодтовару назватовару ürünkodu ürünid
        stokkodu ürün
        ürünadı κωδικόςπροϊόντος προϊόν είδος 상품코드 상품번호 상품id 상품 상품명 제품
        idproduk kodeproduk namaproduk produk idbarang kodebarang namabarang barang mãsảnphẩm masp sảnphẩm
        tênsảnphẩm mặthàng tênhàng termékkód cikkszám termék terméknév codprodus idprodus produs
        numeprodus denumireprodus tuotenumero tuotekoodi tuote tuotenimi šifraartikla artikl proizvod
        nazivproizvoda izdelek продукт кодпродукта наименованиенапродукт رقمالمنتج المنتج اسمالمنتج
        کدمحصول محصول ناممحصول کالا מוצר שםמוצר שםהמוצר מקט รหัสสินค้า สินค้า ชื่อสินค้า उत्पाद
    """,
    "category": "productcategory category productline kategorie categorie categoria kategoria",
    "channel": "channel saleschannel kanal",
    "refunded": "refundedamount amountrefunded refundamount totalrefunded refundtotal",
    "discount": """
        discount discounts discountamount itempromotiondiscount lineitemdiscount rabatt discountpercent
        discountrate linediscount remise descuento desconto sconto korting
        diskon potongan giảmgiá chiếtkhấu kedvezmény alennus popust zľava отстъпка خصم الخصم
        تخفیف הנחה ส่วนลด छूट
    """,
    "type": """
        type transactiontype eventtype eventname event action documenttype recordtype linetype kind
        movetype invoicetype record billingtype fkart saletype salestype rowtype entrytype vorgangsart
        belegart belegtyp dokumenttyp auftragsart buchungsart typ tipo
        tipodocumento tipodedocumento typedepiece rodzaj art
    """,
}
# Indonesian and Malay for both the number of pieces and the sum; beside a price or total, the former.
PIECES_OR_SUM = "jumlah"
TIMES_OF_DAY = (
    *("time", "timeofday", "ordertime", "saletime", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd"),
    *(
        "waktu",
        "jam",
        "gio",
        "saat",
        "ido",
        "aika",
        "kello",
        "vrijeme",
        "cas",
        "час",
        "время",
        "الوقت",
        "ساعت",
        "שעה",
        "เวลา",
    ),
)
ZONES = ("timezone", "tz", "zeitzone", "fuseauhoraire", "zonahoraria", "fusoorario", "tijdzone")
_EMAILS = (
    *("customeremail", "buyeremail", "contactemail", "purchaseemail", "billingemail", "useremail", "email"),
    *("emailaddress", "adresseemail", "correo", "correoelectronico", "メールアドレス", "邮箱", "电子邮件"),
    *("電子郵件", "электроннаяпочта", "електроннапошта", "eposta", "epostaadresi", "이메일", "이메일주소"),
)
_PERSON_NAMES = {
    "first": "firstname givenname vorname prenom nombre nome voornaam imie jmeno fornamn fornavn 名",
    "last": """
        lastname surname familyname nachname nom apellidos apellido cognome sobrenome achternaam nazwisko
        prijmeni efternamn efternavn 姓
    """,
}
ABBREVIATED = {
    short: long
    for long, shorts in {
        "amount": "amt",
        "currency": "ccy",
        "customer": "cust",
        "date": "dt",
        "invoice": "inv",
        "number": "nbr no nr num",
        "order": "ord",
        "timestamp": "ts",
        "transaction": "trx txn",
    }.items()
    for short in shorts.split()
}
# Between the words of a name, as in Fecha de la venta.
CONNECTING = frozenset(re.findall(r"\w+", "of de da do la del di du des d della dell"))
# In the name of what a line says that it is for: an article, or a fee, or a total.
OF_LINE = re.compile(
    "item|product|produ[ck]t|article|artikel|articulo|artigo|articolo|descri|bezeichnung|libelle|concept|detail"
    "|particulars|memo|position|наименование|описание|商品|品名|摘要|품명|내용"
)
# The keys of a map that is an amount.
PARTS_OF_MONEY = ("amount", "value", "centamount", "gross", "net", "total", "units")
# In the name of a map about something else than a sale, which may be deleted or inactive without it.
NOT_OF_SALE = re.compile(
    "product|variant|category|coupon|address|store|seller|merchant|company|card|campaign"
)
# A discount in a longer name; of coupons and promotions, only how much they were worth.
DISCOUNT = re.compile(
    r"discount|rabatt?|rabais|nachlass|remise|descuento|desconto|sconto|korting|kedvezmeny|slev[ay]|скидк|знижк"
    r"|indirim|iskonto|εκπτωση|할인|割引|値引|折扣|优惠|(?<![a-z])disc(?:[^a-z]|$)"
    r"|(?:coupon|voucher|gutschein|promo(?:tion)?).*(?:amount|amt|value|betrag|wert)"
)
NO_DISCOUNT = re.compile(
    "price|preis|prix|preci?o|prezzo|cena|code|type|name|reason|before|after|ohne|without|nach_|vor_|avant|apres"
    "|discounted|sales|^net_|_net|date|_id$|^is|^has|applied|후|后|後"
)
PERCENT = re.compile("%|percent|pct|prozent|pourcent|porcent|процент", re.IGNORECASE)
CENTS = ("cent", "cents", "pence", "minor")
# Signs of currencies that are words; those in Arabic are of several.
UNITS = (
    *("rp", "rm", "ft", "lei", "kc", "zl", "tl", "vnđ", "đ", "đong", "ден", "лв", "руб", "грн", "บาท"),
    *("ریال", "rial", "تومان", "تومن", "toman"),
)
ARABIC_UNIT = re.compile(r"\s*\((?:\w{1,2}\.){1,2}\w{0,2}\)\s*$")
PEOPLE = ("customer", "client", "user", "buyer", "member", "email", "unique", "kunde", "klant")
# In a word of an order number's name, or a word of it.
NUMBERED = re.compile(
    "order|invoice|receipt|basket|cart|checkout|ticket|session|reference|beleg|bon(?:nr|nummer)|kassenbon|quittung"
    "|rechnung|bestell|faktur|fattura|scontrino|ricevuta|recibo|boleta|factura|pedido|commande|paragon|kvitt"
    "|voucher|чек|заказ|накладн|伝票|注文|レシート|小票|单号|订单|單號|訂單|流水|주문|영수증"
)
NUMBERS = frozenset(
    re.findall(r"\w+", "id no nr number num ref bill bon trx txn transaction doc document nota sale fis")
)
IDENTIFIER = re.compile("(?:id|no|nr|num|number|nummer|numero|code|番号)$")
# Of the number of a line, which tells apart two pieces of one product.
LINE_NUMBER = re.compile(
    "id|(?:order|invoice|sales)?(?:item|line|lineitem|detail|orderdetail)(?:id|no|nr|number|num|seq)|position|posnr|pos"
    "|belegposition|zeile|zeilennr|ligne|linea|linha|riga|rowid|serialnumber|imei"
)
PERSON = re.compile(
    "person|phone|mobile|mail|shopper|household|visitor|telefon|клиент|покупател|顧客|会員|客户|会员|客戶|會員|고객|회원"
)
NO_PERSON = re.compile(
    "city|state|country|zip|post|region|address|street|stadt|ort|land|ville|ciudad|cidade|type|group|segment|tier"
    "|gender|sex|age|since|created|status|note|language|locale|agent|accepts|opt|count|total|value|地域|城市|등급"
)
# What interfaces put all of a record into.
OUTER = re.compile(r"^(?:node|_source|fields|attributes|properties|Item)\.")
CAMEL, WORD = re.compile("(?<=[a-z])(?=[A-Z])"), re.compile(r"[^\W_]+")


def plain_name(text: str) -> str:
    """Return a name without case, accents, blanks and punctuation, nor what databases put around it."""
    return _plain(_own_name(text))


def _plain(text: str) -> str:
    """Return a text in one form for names: Turkish has an i without a dot, Greek another sigma at an end.

    The Vietnamese đ is often typed as a d.
    """
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text))).lower()
    return plain.replace("ı", "i").replace("ς", "σ").replace("đ", "d")


def _plain_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_plain, names)))


USUAL_NAMES = {field: _plain_names(names.split()) for field, names in _USUAL_NAMES.items()}
# Of people, or of anything else.
_BARE_NAMES = """
    name fullname nama namalengkap tên họtên hovaten név nume nimi ime imeprezime имя имеифамилия име meno
    jméno navn naam الاسم اسم نام שם ชื่อ नाम 이름 氏名 姓名 名前 ad adsoyad όνομα
"""
BARE_NAMES = _plain_names(_BARE_NAMES.split())
FIRST_NAMES, LAST_NAMES = (_plain_names(names.split()) for names in _PERSON_NAMES.values())
EMAILS = _plain_names(_EMAILS)


def key_name(column: str) -> str:
    """Return a name as `plain_name` does, of a path its last key, unless the map is not the sale's own."""
    within, _, key = _own_name(column).rpartition(".")
    is_of_another = may_name_person(within) or NOT_OF_SALE.search(within.lower())
    return plain_name(column if not key or is_of_another else key)


def _own_name(text: str) -> str:
    return TYPE.sub("", OUTER.sub("", text))


def words_of(text: str) -> list[str]:
    """Return the words of a name, without accents; customerId has two."""
    text = unicodedata.normalize("NFKD", ARABIC_UNIT.sub("", _own_name(text)))
    unaccented = "".join(filterfalse(unicodedata.combining, text))
    return WORD.findall(CAMEL.sub(" ", unaccented))


def spelled_out(text: str) -> str:
    """Return a name as `plain_name` does, abbreviations in full, without "of" and a last unit of money."""
    words = [word.lower() for word in words_of(text)]
    words = [word for word in words if word not in CONNECTING] or words
    while len(words) > 1 and (words[-1].upper() in CODES or words[-1] in (*CENTS, *UNITS, "in")):
        words.pop()
    return "".join(ABBREVIATED.get(word, word) for word in words)


def is_in_cents(column: str) -> bool:
    """Return whether a column's name says that its amounts are in cents."""
    return any(word.lower() in CENTS for word in words_of(column))


def discount_column(columns: Iterable[str]) -> str | None:
    """Return the first column whose name speaks of a discount, among other words."""
    for column in columns:
        name = unicodedata.normalize("NFC", "_".join(words_of(column)).lower())
        if DISCOUNT.search(name) and not NO_DISCOUNT.search(name):
            return column
    return None


def is_usual_name(column: str, field: str) -> bool:
    """Return whether a column is one of a field's by its whole name."""
    return not {plain_name(column), spelled_out(column)}.isdisjoint(USUAL_NAMES[field])


def match_columns(columns: Sequence[str]) -> dict[str, str]:
    """Return {field: column}; no column is used for two fields."""
    by_name = {form(column): column for form in (spelled_out, plain_name) for column in reversed(columns)}
    found: dict[str, str] = {}
    for field, names in USUAL_NAMES.items():
        free = (by_name[name] for name in names if name in by_name and by_name[name] not in found.values())
        if column := next(free, None):
            found[field] = column
    _decide_pieces_or_sum(found, columns)
    return found


def _decide_pieces_or_sum(found: dict[str, str], columns: Sequence[str]) -> None:
    """Take a column whose name means pieces or the sum for the latter beside a unit of money."""
    for column in columns:
        if spelled_out(column) == PIECES_OR_SUM:
            has_unit = plain_name(column) != PIECES_OR_SUM
            if found.get("quantity") == column and (has_unit or found.keys().isdisjoint(("total", "price"))):
                del found["quantity"]
            if has_unit:
                found.setdefault("total", column)


def email_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns that hold e-mail addresses."""
    return [column for column in columns if plain_name(column) in EMAILS]


def name_columns(columns: Sequence[str]) -> tuple[str, str] | None:
    """Return the columns of first and last names, if there is one of each."""
    found = [_of_person(names, columns) for names in (FIRST_NAMES, LAST_NAMES)]
    return (found[0], found[1]) if found[0] and found[1] else None


def last_name_column(columns: Sequence[str]) -> str | None:
    """Return the column of last names."""
    return _of_person(LAST_NAMES, columns)


def _of_person(names: Sequence[str], columns: Sequence[str]) -> str | None:
    of_buyer = (
        f"{person}{name}" for person in ("", "customer", "kunde", "buyer", "billing") for name in names
    )
    by_name = {plain_name(column): column for column in reversed(columns)}
    return next((by_name[name] for name in of_buyer if name in by_name), None)


def is_of_line(column: str) -> bool:
    """Return whether a column says what a line is for, by its name."""
    return OF_LINE.search(unicodedata.normalize("NFC", plain_name(column))) is not None


def is_identifier(column: str) -> bool:
    """Return whether a column has numbers or ids by its name, of which two are never the same person's."""
    return IDENTIFIER.search(plain_name(column)) is not None


def may_name_person(column: str) -> bool:
    """Return whether a column may say who bought."""
    return any(word in plain_name(column) for word in PEOPLE)


def may_be_of_buyer(column: str) -> bool:
    """Return whether a column is named so that it may hold the customers, who are not found by that alone."""
    is_name = plain_name(column) in (*BARE_NAMES, *FIRST_NAMES)
    return is_name or (may_identify_person(column) and not is_usual_name(column, "product"))


def may_identify_person(column: str) -> bool:
    """Return whether a column may tell customers apart, rather than say something about them."""
    name = unicodedata.normalize("NFC", "".join(words_of(column)).lower())
    return bool(may_name_person(column) or PERSON.search(name)) and not NO_PERSON.search(name)


def may_number_orders(column: str) -> bool:
    """Return whether a column may have the numbers of orders."""
    words = {unicodedata.normalize("NFC", word.lower()) for word in words_of(column)}
    return any(map(NUMBERED.search, words)) or not words.isdisjoint(NUMBERS)


def suggest_column(column: str, columns: Sequence[str]) -> str:
    """Return which column may be meant, as words to append to a sentence, or none."""
    near = difflib.get_close_matches(column, columns, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""
