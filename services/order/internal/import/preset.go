package imports

import orderv1 "kept.dev/proto/gen/kept/order/v1"

// preset is how a program writes its exports.
type preset struct {
	// titles are those that a value's column may have, the best first.
	titles map[string][]string
	region string
	comma  bool // where no amount tells whether it is written with a decimal comma
}

// presets are the exports that are known. The titles are those of the programs' own documentation and exports.
var presets = map[orderv1.Import_Preset]preset{
	orderv1.Import_SHOPIFY: {titles: map[string][]string{
		"order_id": {"Name"}, "ordered": {"Created at", "Paid at"}, "email": {"Email"}, "display_name": {"Billing Name", "Shipping Name"},
		"phone": {"Billing Phone", "Phone", "Shipping Phone"}, "currency_code": {"Currency"}, "status": {"Financial Status"},
		"cancelled": {"Cancelled at"}, "product_id": {"Lineitem sku"}, "product_display_name": {"Lineitem name"}, "quantity": {"Lineitem quantity"},
		"unit_price": {"Lineitem price"}, "discount": {"Discount Amount"}, "shipping": {"Shipping"}, "tax": {"Taxes"},
		"order_total": {"Total"}, "refunded": {"Refunded Amount"}, "note": {"Notes"},
	}},
	orderv1.Import_WOOCOMMERCE: {titles: map[string][]string{
		"order_id": {"Order Number", "order_number", "Order ID", "order_id"}, "ordered": {"Order Date", "ordered", "Date"},
		"customer_id": {"Customer User ID", "Customer ID", "customer_id", "customer_user", "Customer User"},
		"email":       {"Email (Billing)", "Billing Email", "Billing Email Address", "billing_email", "Customer Email"},
		"given_name":  {"First Name (Billing)", "Billing First Name", "billing_first_name"},
		"family_name": {"Last Name (Billing)", "Billing Last Name", "billing_last_name"},
		"phone":       {"Phone (Billing)", "Billing Phone", "Billing Phone Number", "billing_phone"},
		"product_id":  {"Item SKU", "SKU", "Product SKU", "line_item_sku"}, "product_display_name": {"Item Name", "Product Name", "line_item_name"},
		"quantity": {"Quantity", "Quantity (- Refund)", "Item Quantity", "line_item_quantity"},
		"amount":   {"Order Line Total", "Item Total", "line_item_total"}, "unit_price": {"Item Cost", "Item Price", "Product Price"},
		"currency_code": {"Order Currency", "Currency", "order_currency"}, "status": {"Order Status", "Status", "order_status"},
		"discount": {"Cart Discount Amount", "Discount Amount", "cart_discount"}, "shipping": {"Order Shipping Amount", "Shipping Total", "shipping_total"},
		"tax": {"Order Total Tax Amount", "Order Tax", "tax_total"}, "order_total": {"Order Total Amount", "Order Total", "order_total"},
		"refunded": {"Order Refund Amount", "Order Refund", "refunded_total"}, "note": {"Customer Note", "customer_note"},
	}},
	orderv1.Import_ONE_C: {region: "RU", comma: true, titles: map[string][]string{
		"order_id":     {"Номер", "Номер документа", "Номер заказа", "Документ", "№"},
		"ordered":      {"Дата", "Дата документа", "Дата заказа", "Период"},
		"customer_id":  {"Код контрагента", "Код клиента", "Код покупателя", "Код партнера", "Код клієнта", "ИНН"},
		"display_name": {"Контрагент", "Клиент", "Покупатель", "Партнер", "Заказчик", "Клієнт", "Покупець"},
		"phone":        {"Телефон", "Телефон контрагента", "Контактный телефон"}, "email": {"E-mail", "Email", "Электронная почта", "Эл. почта", "Почта", "Пошта"},
		"product_id":           {"Артикул", "Код номенклатуры", "Код товара", "Код"},
		"product_display_name": {"Номенклатура", "Товар", "Наименование", "Наименование товара", "Номенклатура, Характеристика"},
		"quantity":             {"Количество", "Кол-во", "Кількість"}, "unit_price": {"Цена", "Ціна"}, "amount": {"Сумма", "Стоимость", "Всего", "Сума"},
		"currency_code": {"Валюта", "Валюта документа"}, "status": {"Статус", "Состояние", "Стан"}, "note": {"Комментарий", "Примечание", "Коментар"},
	}},
}
