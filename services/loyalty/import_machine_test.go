package loyalty_test

import (
	"pgregory.net/rapid"

	customerv1 "kept.dev/proto/gen/kept/customer/v1"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// ordersImported is an import of a few orders, some perhaps twice, of which some may have been heard: for the model, so
// many deliveries.
func (m *machine) ordersImported(t *rapid.T) saying {
	var orders []string
	imported := &orderv1.OrdersImported{SourceImport: "imports/1"}
	for range rapid.IntRange(0, 6).Draw(t, "orders") {
		order := m.anOrder(t)
		orders = append(orders, order)
		imported.Orders = append(imported.Orders, m.importedOrder(order))
	}
	return saying{subject: "imports/1", message: imported, apply: func(to *model) {
		for _, order := range orders {
			to.deliver(order)
		}
	}}
}

func (m *machine) importedOrder(order string) *orderv1.OrdersImported_Order {
	delivered := m.delivered(order).message.(*orderv1.OrderDelivered)
	return &orderv1.OrdersImported_Order{
		Order: delivered.GetOrder(), Customer: delivered.GetCustomer(), GoodsAmount: delivered.GetGoodsAmount(),
	}
}

func (m *machine) customersImported(t *rapid.T) saying {
	customers := rapid.SliceOfN(rapid.SampledFrom(m.customers), 0, 4).Draw(t, "customers")
	imported := &customerv1.CustomersImported{Issuer: "erp"}
	for _, c := range customers {
		imported.Customers = append(imported.Customers, "customers/"+c)
	}
	return saying{subject: "issuers/erp", message: imported, apply: func(to *model) {
		for _, c := range customers {
			to.open(c)
		}
	}}
}
