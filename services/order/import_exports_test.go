package order_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"kept.dev/kit/kittest"
	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func export(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "suite", "history", "exports", name))
	require.NoError(t, err)
	return string(text)
}

// asExported is an import as little as it has to say.
func asExported(preset orderv1.Import_Preset) *orderv1.Import {
	return &orderv1.Import{Format: orderv1.Import_CSV, Issuer: "shop", Preset: preset, TimeZone: "Europe/Berlin"}
}

// told is an order as people would tell it.
func told(o *orderv1.Order) string {
	var lines []string
	for _, l := range o.GetLines() {
		lines = append(lines, fmt.Sprintf("%d x %s %d", l.GetQuantity(), strings.TrimPrefix(l.GetProduct(), "products/"), cents(l.GetAmount())))
	}
	return fmt.Sprintf("%s %s %s %s %d back %d: %s", o.GetOrderNumber(), o.GetCreateTime().AsTime().Format("2006-01-02T15:04:05"), o.GetState(),
		o.GetTotalAmount().GetCurrencyCode(), cents(o.GetTotalAmount()), cents(o.GetRefundedAmount()), strings.Join(lines, ", "))
}

func (h *fixture) allOrders() (all []*orderv1.Order) {
	list, err := h.orders.ListOrders(h.agent(), &orderv1.ListOrdersRequest{PageSize: 1000})
	require.NoError(h.t, err)
	all = list.GetOrders()
	slices.SortFunc(all, func(a, b *orderv1.Order) int { return strings.Compare(a.GetOrderNumber(), b.GetOrderNumber()) })
	return all
}

func (h *fixture) tell() (all []string) {
	for _, o := range h.allOrders() {
		all = append(all, told(o))
	}
	return all
}

// sums are what an import's summary says, by currency.
func sums(i *orderv1.Import) (all []string) {
	for _, t := range i.GetSummary().GetTotals() {
		all = append(all, fmt.Sprintf("%s %d in %d, back %d, cancelled %d, returns %d", t.GetCurrencyCode(), cents(t.GetPaidAmount()), t.GetOrderCount(),
			cents(t.GetRefundedAmount()), t.GetCancelledCount(), t.GetReturnCount()))
	}
	return all
}

// exports are the files, and what a right import of each comes to.
var exports = map[string]struct {
	file   string
	preset orderv1.Import_Preset
	orders []string
	sums   []string
	counts [5]int64
}{
	"Shopify": {"shopify.csv", orderv1.Import_SHOPIFY, []string{
		"#1001 2025-11-03T08:12:40 DELIVERED EUR 7380 back 0: 2 x cp-1l-blk 4990, 1 x tp-1 1900",
		"#1002 2025-11-04T08:00:00 DELIVERED EUR 2495 back 0: 1 x cp-1l-blk 2495",
		"#1003 2025-11-05T14:00:00 RETURNED USD 1900 back 1900: 1 x tp-1 1900",
		"#1004 2025-11-06T14:00:00 CANCELLED USD 1900 back 0: 1 x tp-1 1900",
	}, []string{"EUR 9875 in 2, back 0, cancelled 0, returns 0", "USD 1900 in 1, back 1900, cancelled 1, returns 0"}, [5]int64{5, 3, 4, 0, 0}},
	"WooCommerce": {"woocommerce.csv", orderv1.Import_WOOCOMMERCE, []string{
		"1501 2025-11-03T09:12:00 DELIVERED EUR 106890 back 101900: 2 x cp-1l 4990, 1 x tp-1 101900",
		"1502 2025-12-31T22:59:00 DELIVERED EUR 1900 back 0: 1 x tp-1 1900",
		"1503 2026-01-05T07:00:00 DELIVERED CHF 2150 back 0: 1 x tp-1 2150",
	}, []string{"CHF 2150 in 1, back 0, cancelled 0, returns 0", "EUR 108790 in 2, back 101900, cancelled 0, returns 1"}, [5]int64{5, 3, 4, 0, 0}},
	"1C in Windows-1251": {"1c-windows-1251.csv", orderv1.Import_ONE_C, oneC, oneCSums, [5]int64{3, 2, 3, 0, 0}},
	"1C in UTF-8":        {"1c-utf8.csv", orderv1.Import_ONE_C, oneC, oneCSums, [5]int64{3, 2, 3, 0, 0}},
}

var (
	oneC = []string{
		"ЦБ-000001 2025-11-03T09:12:40 DELIVERED RUB 499000 back 0: 2 x kofeinik-1-l-HASH 499000",
		"ЦБ-000002 2025-11-03T23:00:00 RETURNED RUB 190000 back 190000: 1 x chainik-HASH 190000",
	}
	oneCSums = []string{"RUB 689000 in 2, back 190000, cancelled 0, returns 1"}
)

// TestExportsOfShops takes files in as programs export them, with nothing said but the program: twice, which changes nothing.
func TestExportsOfShops(t *testing.T) {
	for name, c := range exports {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				first := h.importAll(asExported(c.preset), export(t, c.file))
				require.Empty(t, h.faults(first.GetName()))
				require.Equal(t, c.counts, counts(first))
				require.Equal(t, c.sums, sums(first))
				requireTold(t, c.orders, h.tell())
				said := kittest.Number(t, h.db, `select count(*) from outbox`)

				again := h.importAll(asExported(c.preset), export(t, c.file))
				require.Equal(t, [5]int64{c.counts[0], 0, 0, c.counts[0], 0}, counts(again))
				require.Zero(t, again.GetChangedCount())
				requireTold(t, c.orders, h.tell())
				require.Equal(t, said, kittest.Number(t, h.db, `select count(*) from outbox`), "nothing is told")
			})
		})
	}
}

// requireTold compares orders, the hashes of whose products are not worth saying.
func requireTold(t testing.TB, want, got []string) {
	t.Helper()
	require.Len(t, got, len(want), "%v", got)
	for i := range want {
		before, after, hashed := strings.Cut(want[i], "HASH")
		if !hashed {
			require.Equal(t, want[i], got[i])
			continue
		}
		require.Truef(t, strings.HasPrefix(got[i], before) && strings.HasSuffix(got[i], after), "want %s\n got %s", want[i], got[i])
	}
}

// TestWhatExportsSayBesides: names in their alphabets, notes, delivery, and the columns that were found.
func TestWhatExportsSayBesides(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		shop := h.importAll(asExported(orderv1.Import_SHOPIFY), export(t, "shopify.csv"))
		require.Equal(t, ",", shop.GetDelimiter())
		first := h.allOrders()[0]
		require.EqualValues(t, 490, cents(first.GetDeliveryFee()))
		require.EqualValues(t, 6890, cents(first.GetGoodsAmount()))
		require.EqualValues(t, 1100, cents(first.GetTaxAmount()))
		require.Equal(t, "Please ring twice.\n\"Thanks\", Anna", first.GetNote())
		require.Equal(t, "Coffee pot - 1 l / Black", first.GetLines()[0].GetProductDisplayName())
		require.Equal(t, "voided", h.allOrders()[3].GetCancelReason())

		old := h.importAll(asExported(orderv1.Import_ONE_C), export(t, "1c-windows-1251.csv"))
		require.Equal(t, "windows-1251 ; true", fmt.Sprint(old.GetEncoding(), " ", old.GetDelimiter(), " ", old.GetDecimalComma()))
		require.Equal(t, "Кофейник 1 л", h.allOrders()[4].GetLines()[0].GetProductDisplayName())
		require.Equal(t, "Контрагент display_name", fmt.Sprint(old.GetSummary().GetColumns()[2].GetTitle(), " ", old.GetSummary().GetColumns()[2].GetField()))
	})
}

// TestAnAmountIsCorrected: the file with one amount changed changes that order, and tells so.
func TestAnAmountIsCorrected(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		text := export(t, "woocommerce.csv")
		h.importAll(asExported(orderv1.Import_WOOCOMMERCE), text)
		before := h.allOrders()
		corrected := strings.ReplaceAll(text, "2;24,95;1.068,90", "2;25,00;1.069,00")
		corrected = strings.ReplaceAll(corrected, "1.019,00;1.068,90", "1.019,00;1.069,00")
		i := h.importAll(asExported(orderv1.Import_WOOCOMMERCE), corrected)
		require.Equal(t, [5]int64{5, 0, 0, 3, 0}, counts(i))
		require.EqualValues(t, 1, i.GetChangedCount())
		require.Len(t, i.GetSummary().GetChanges(), 1)
		require.Equal(t, "1501 in line 2", fmt.Sprint(i.GetSummary().GetChanges()[0].GetOrderNumber(), " in line ", i.GetSummary().GetChanges()[0].GetLine()))
		after := h.allOrders()
		require.Equal(t, "1501 2025-11-03T09:12:00 DELIVERED EUR 106900 back 101900: 2 x cp-1l 5000, 1 x tp-1 101900", told(after[0]))
		require.Equal(t, before[0].GetName(), after[0].GetName(), "it is the same order")
		require.Len(t, after, 3)

		facts := said(h, i.GetName(), &orderv1.OrdersImported{})
		last := facts[len(facts)-1].GetOrders()
		require.Len(t, last, 1)
		require.EqualValues(t, 5000, cents(last[0].GetGoodsAmount()), "what has come back counts no more")
		require.EqualValues(t, 2, last[0].GetUnitCount())

		back := h.importAll(asExported(orderv1.Import_WOOCOMMERCE), strings.ReplaceAll(corrected, "-1;-1.019,00;-1.019,00", "-1;-1.000,00;-1.000,00"))
		require.EqualValues(t, 1, back.GetChangedCount())
		require.EqualValues(t, 100000, cents(h.allOrders()[0].GetRefundedAmount()), "a return is corrected, too")
	})
}

// TestAReturnBeforeItsOrder: files with the latest first, and a return of something that nobody has bought.
func TestAReturnBeforeItsOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		lines := strings.Split(strings.TrimSpace(export(t, "1c-utf8.csv")), "\n")
		slices.Reverse(lines[1:])
		h.importAll(asExported(orderv1.Import_ONE_C), strings.Join(lines, "\n"))
		requireTold(t, oneC, h.tell())
		h.importAll(asExported(orderv1.Import_ONE_C), lines[0]+"\n06.11.2025;ЦБ-000009;Пётр;+7 916 7654321;Чайник;-1;1 900,00;-1 900,00;RUB\n")
		requireTold(t, append(slices.Clone(oneC), "ЦБ-000009 2025-11-05T23:00:00 RETURNED RUB 190000 back 190000: 1 x chainik-HASH 190000"), h.tell())
	})
}

// TestAnImportIsUndone: everything goes, and can come again.
func TestAnImportIsUndone(t *testing.T) {
	for name, c := range exports {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				i := h.importAll(asExported(c.preset), export(t, c.file))
				undone, err := h.imports.UndoImport(h.agent(), &orderv1.UndoImportRequest{Name: i.GetName()})
				require.NoError(t, err)
				require.Equal(t, orderv1.Import_UNDOING, undone.GetState())
				h.work()
				undone = h.imported(i.GetName())
				require.Equal(t, orderv1.Import_UNDONE, undone.GetState())
				require.EqualValues(t, len(c.orders), undone.GetRemovedCount())
				for _, table := range []string{"orders", "order_line", "import_return", "import_brought"} {
					require.Zero(t, kittest.Number(t, h.db, `select count(*) from `+table), table)
				}
				removed := said(h, i.GetName(), &orderv1.ImportedOrdersRemoved{})
				require.Len(t, removed, 1)
				require.Len(t, removed[0].GetOrders(), len(c.orders))
				_, err = h.imports.UndoImport(h.agent(), &orderv1.UndoImportRequest{Name: i.GetName()})
				refused(t, "IMPORT_NOT_ENDED", err)

				h.importAll(asExported(c.preset), export(t, c.file))
				requireTold(t, c.orders, h.tell())
			})
		})
	}
}

// TestADryRunBringsNothing: it tells the same as the import that comes after it.
func TestADryRunBringsNothing(t *testing.T) {
	for name, c := range exports {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *fixture) {
				dry := asExported(c.preset)
				dry.ValidateOnly = true
				i := h.importAll(dry, export(t, c.file))
				require.Equal(t, c.counts, counts(i))
				require.Equal(t, c.sums, sums(i))
				require.NotEmpty(t, i.GetSummary().GetSamples())
				require.Zero(t, kittest.Number(t, h.db, `select count(*) from orders`))
				require.Zero(t, kittest.Number(t, h.db, `select count(*) from outbox`))
				require.Empty(t, h.customers.known)
				require.Equal(t, c.counts, counts(h.importAll(asExported(c.preset), export(t, c.file))))
			})
		})
	}
}

// TestAWorkbook has the sheet of 1C in a workbook of Excel, with a heading above the titles and dates as numbers.
func TestAWorkbook(t *testing.T) {
	onBoth(t, func(t *testing.T, h *fixture) {
		f := excelize.NewFile()
		set := func(row int, values ...any) {
			require.NoError(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", row), &values))
		}
		set(1, "Реализация за ноябрь")
		set(3, "Дата", "Номер", "Контрагент", "Телефон", "Номенклатура", "Количество", "Цена", "Сумма", "Валюта")
		set(4, 45964.4254629, "ЦБ-000001", "ООО \"Ромашка\"", "8 (495) 123-45-67", "Кофейник 1 л", 2, 2495, 4990.0000000000001, "руб.")
		set(5, "04.11.2025", "ЦБ-000002", "Иванов\nИван", "+7 916 1234567", "Чайник", 1, 0.1+0.2, nil, "RUB")
		require.NoError(t, f.SetCellValue("Sheet1", "H5", 1900))
		set(7, 45966, "ЦБ-000003", "Иванов\nИван", "+7 916 1234567", "Чайник", -1, 1900, -1900, "RUB")
		book, err := f.WriteToBuffer()
		require.NoError(t, err)
		spec := asExported(orderv1.Import_ONE_C)
		spec.Format = orderv1.Import_XLSX
		i := h.importAll(spec, book.String())
		require.Empty(t, h.faults(i.GetName()))
		requireTold(t, oneC, h.tell())
		require.Equal(t, oneCSums, sums(i))

		name := h.importing(spec)
		h.upload(name, []byte("Дата;Номер"), 1000)
		_, err = h.imports.StartImport(h.agent(), &orderv1.StartImportRequest{Name: name})
		refused(t, "INVALID_REQUEST", err)
	})
}
