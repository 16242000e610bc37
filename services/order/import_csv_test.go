package order_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"kept.dev/kit/errs"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func shopFile() *orderv1.Import {
	return &orderv1.Import{
		Format: orderv1.Import_CSV, Issuer: "shop", Delimiter: ";", DecimalComma: new(true),
		DateOrder: orderv1.Import_DAY_MONTH_YEAR, TimeZone: "Europe/Kyiv", CurrencyCode: "UAH",
		Mapping: &orderv1.Import_Mapping{CustomerId: "Клієнт", Ordered: "Дата", Amount: "Сума", ProductId: "Товар", Quantity: "Шт"},
	}
}

const shopTitles = "\xEF\xBB\xBFКлієнт;Дата;Товар;Шт;Сума;Email\r\n"

func TestACSVFile(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		i := h.importAll(shopFile(), shopTitles+
			"K-1;31.12.2025;Coffee Pot;2;1.234,50;\r\n"+
			"K-2;01/02/2026 10:30;\"Tea; \"\"Pot\"\"\r\n(large)\";1;0,99;o@example.org\r\n"+
			"\r\n"+
			"K-3;29.02.2025;x;1;1;\r\n"+
			"K-3;1.1.2026;x;1;1.5;\r\n"+
			"K-3;1.1.2026;x;1;1,005;\r\n"+
			"K-3;1.1.2026;x;0;1;\r\n"+
			"K-3;1.1.2026;x;1\r\n"+
			";1.1.2026;x;1;1;\r\n"+
			"K-3;1.1.2026;a \"b\" c;1;1;\r\n"+
			"K-3;1.1.2026;x;1;1;broken\r\n"+
			"K-3;1.1.2026;\xff;1;1;\r\n"+
			";;;;;\r\n"+
			"K-3;1.1.2026;...;1;1;\r\n"+
			"K-4;1.1.2026;x;;5;")
		require.Equal(t, [5]int64{13, 4, 4, 0, 9}, counts(i))
		require.Equal(t, []string{
			`6: "29.02.2025" is not a date such as 31.12.2026`,
			`7: "1.5" is not an amount such as 1234,50`,
			`8: the amount "1,005" must be a whole number of the currency's smallest unit: nanos a multiple of 10000000 below 1,000,000,000`,
			`9: "0" is not a quantity from 1 to 1,000,000`,
			`10: has 4 values, but there are 6 column titles`,
			`11: needs the customer's id, e-mail address or telephone number`,
			`13: must be an e-mail address`,
			`14: is not text in UTF-8`,
			`16: the product's id or name must have a letter or a digit`,
		}, h.faults(i.GetName()))
		list, err := h.orders.ListOrders(h.agent(), &orderv1.ListOrdersRequest{OrderBy: "create_time"})
		require.NoError(t, err)
		require.Equal(t, "2025-12-30 22:00:00 +0000 UTC", list.GetOrders()[0].GetCreateTime().AsTime().String(), "midnight in Kyiv")
		require.Equal(t, "products/coffee-pot", list.GetOrders()[0].GetLines()[0].GetProduct())
		require.EqualValues(t, 123450, cents(list.GetOrders()[0].GetTotalAmount()))
		onNewYear := []string{list.GetOrders()[1].GetLines()[0].GetProduct(), list.GetOrders()[2].GetLines()[0].GetProduct()}
		require.ElementsMatch(t, []string{"products/x", "products/a-b-c"}, onNewYear, "one where the quantity is not said, one with quotes in a value")
		require.Equal(t, "products/tea-pot-large", list.GetOrders()[3].GetLines()[0].GetProduct())
		require.Equal(t, "2026-02-01 08:30:00 +0000 UTC", list.GetOrders()[3].GetCreateTime().AsTime().String())
	})
}

func TestAQuoteThatIsNeverClosed(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		spec := &orderv1.Import{Format: orderv1.Import_CSV, Issuer: "shop", RowType: orderv1.Import_CUSTOMER}
		rows := strings.Repeat("K-1,Olena\n", 20_000)
		i := h.importAll(spec, "customer_id,display_name\nK-0,\"Ivan\n"+rows+"K-2,Ivan\n")
		require.Equal(t, [5]int64{20_002, 2, 0, 19_999, 1}, counts(i))
		require.Equal(t, []string{"2: is longer than 65536 bytes, or begins a value with a quote that is never closed"}, h.faults(i.GetName()))
	})
}

// A line is one fault, however many steps it takes to get over it, and the lines behind it keep their numbers.
func TestALineOfManyMegabytesIsOneFault(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		spec := &orderv1.Import{Format: orderv1.Import_CSV, Issuer: "shop", RowType: orderv1.Import_CUSTOMER}
		long := strings.Repeat("x", 3<<20)
		for _, line := range []string{long, `"` + long} {
			i := h.importAll(spec, "customer_id,display_name\nK-0,Ivan\nK-1,"+line+"\nK-2\nK-3,Anna\n"+long)
			const tooLong = ": is longer than 65536 bytes, or begins a value with a quote that is never closed"
			require.Equal(t, []string{"3" + tooLong, "4: has 1 values, but there are 2 column titles", "6" + tooLong}, h.faults(i.GetName()))
			require.EqualValues(t, 5, i.GetRowCount())
		}
	})
}

func TestColumnsThatAreMissing(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for content, paths := range map[string][]string{
			"customer_id,ordered\n":           {"import.mapping.amount", "import.mapping.product_id"},
			"Customer,ordered,amount,email\n": {"import.mapping.customer_id", "import.mapping.product_id"},
			"a \"b,c\n":                       {"import.mapping.customer_id", "import.mapping.ordered", "import.mapping.amount", "import.mapping.product_id"},
			"customer_id,ordered,amount,Amount,product_id,currency_code\n": {"import.mapping.amount", "import.mapping.amount"},
			"ordered,amount,currency_code,product_id\n":                    {"import.mapping.customer_id", "import.mapping.customer_id"},
		} {
			spec := &orderv1.Import{Format: orderv1.Import_CSV, Issuer: "shop"}
			if strings.HasPrefix(content, "ordered") || strings.HasPrefix(content, "Customer") {
				spec.Mapping = &orderv1.Import_Mapping{CustomerId: "Kunde"}
			}
			name := h.importing(spec)
			h.upload(name, []byte(content), 1000)
			_, err := h.imports.StartImport(h.agent(), &orderv1.StartImportRequest{Name: name})
			refused(t, "INVALID_REQUEST", err)
			var found []string
			for _, d := range status.Convert(err).Details() {
				found = append(found, violations(d)...)
			}
			require.ElementsMatch(t, paths, found, content)
			require.Equal(t, orderv1.Import_UPLOADING, h.imported(name).GetState(), "it can be written anew")
		}
	})
}

func TestSettingsThatCannotBe(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		for path, spec := range map[string]*orderv1.Import{
			"import.time_zone":     {Format: orderv1.Import_CSV, TimeZone: "Kyiv"},
			"import.currency_code": {Format: orderv1.Import_CSV, CurrencyCode: "XQQ"},
			"import.row_type":      {Format: orderv1.Import_CDNOW, RowType: orderv1.Import_CUSTOMER},
			"import.mapping":       {Format: orderv1.Import_CDNOW, Mapping: &orderv1.Import_Mapping{Email: "Mail"}},
			"import.decimal_comma": {Format: orderv1.Import_CDNOW, DecimalComma: new(true)},
			"import.preset":        {Format: orderv1.Import_CDNOW, Preset: orderv1.Import_SHOPIFY},
			"import.encoding":      {Format: orderv1.Import_CSV, Encoding: "klingon"},
			"import.delimiter":     {Format: orderv1.Import_XLSX, Delimiter: ";"},
		} {
			spec.Issuer = "shop"
			_, err := h.imports.CreateImport(h.agent(), &orderv1.CreateImportRequest{Import: spec})
			require.ErrorContains(t, err, path)
			require.Equal(t, "INVALID_REQUEST", errs.ReasonOf(err))
		}
	})
}

// violations are the fields that an error's detail finds fault with.
func violations(detail any) (fields []string) {
	bad, ok := detail.(*errdetails.BadRequest)
	if !ok {
		return nil
	}
	for _, v := range bad.GetFieldViolations() {
		fields = append(fields, v.GetField())
	}
	return fields
}
