package imports

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct {
		order orderv1.Import_DateOrder
		text  string
		want  string // empty for a fault
	}{
		{0, "2025-11-03", "2025-11-02T23:00:00Z"},
		{0, "20251103", "2025-11-02T23:00:00Z"},
		{0, "03.11.2025", "2025-11-02T23:00:00Z"},
		{0, "3.11.2025 9:05", "2025-11-03T08:05:00Z"},
		{0, "03.11.2025 10:12:40", "2025-11-03T09:12:40Z"},
		{0, "03.11.2025\u00a010:12:40", "2025-11-03T09:12:40Z"},
		{0, "2025-11-03 10:12:40 +0200", "2025-11-03T08:12:40Z"},
		{0, "2025-11-03 10:12:40 -0500", "2025-11-03T15:12:40Z"},
		{0, "2025-11-03 10:12:40 UTC", "2025-11-03T10:12:40Z"},
		{0, "2025-11-03T10:12:40", "2025-11-03T09:12:40Z"},
		{0, "2025-11-03T10:12", "2025-11-03T09:12:00Z"},
		{0, "2025-11-03T10:12:40.123", "2025-11-03T09:12:40.123Z"},
		{0, "2025-11-03T10:12:40Z", "2025-11-03T10:12:40Z"},
		{0, "2025-11-03T10:12:40.5+05:30", "2025-11-03T04:42:40.5Z"},
		{0, "2025-07-01 10:00", "2025-07-01T08:00:00Z"},
		{0, "31.02.2025", ""}, {0, "11/03/2025", ""}, {0, "", ""}, {0, "yesterday", ""}, {0, "2025-13-01", ""},
		{orderv1.Import_DAY_MONTH_YEAR, "03/11/2025", "2025-11-02T23:00:00Z"},
		{orderv1.Import_DAY_MONTH_YEAR, "03-11-2025", "2025-11-02T23:00:00Z"},
		{orderv1.Import_DAY_MONTH_YEAR, "03-11-2025 10:00 +0000", "2025-11-03T10:00:00Z"},
		{orderv1.Import_MONTH_DAY_YEAR, "11/03/2025 10:12 PM", "2025-11-03T21:12:00Z"},
		{orderv1.Import_MONTH_DAY_YEAR, "11/3/25", "2025-11-02T23:00:00Z"},
	} {
		at, err := readTime(c.text, layouts(c.order), berlin)
		if c.want == "" {
			require.Error(t, err, c.text)
			continue
		}
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, at.UTC().Format(time.RFC3339Nano), c.text)
	}
	for text, want := range map[string]string{"45964": "2025-11-03T00:00:00", "45964.4254629": "2025-11-03T10:12:40", "45964.999999": "2025-11-04T00:00:00"} {
		at, ok := readSerial(text, time.UTC)
		require.True(t, ok, text)
		require.Equal(t, want, at.Format("2006-01-02T15:04:05"), text)
	}
	_, ok := readSerial("20251103", time.UTC)
	require.False(t, ok, "that is a date by itself")
}

func TestWhatTellsADecimalComma(t *testing.T) {
	for text, want := range map[string]string{
		"24,95": "comma", "1.068,90": "comma", "1.234.567": "comma", "4 990,00": "comma", "0,125": "comma", "1234,567": "comma", "-19,00": "comma",
		"24.95": "point", "1,068.90": "point", "1,234,567": "point", "0.5": "point", "1 900.00": "point", "1'068.90": "point",
		"1,234": "", "1.234": "", "12": "", "": "", "x": "", "1-2,3": "",
	} {
		comma, sure := tellsComma(text)
		require.Equal(t, want != "", sure, text)
		require.Equal(t, want == "comma", comma, text)
	}
}

func TestQuantities(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "2,000": 2, "-1,000": -1, "1 000": 1000, "1.000": 1000, "3,0": 3, "1000000": 1_000_000} {
		got, err := readQuantity(text, true)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"0", "0,000", "1,5", "", "x", "1000001", "-"} {
		_, err := readQuantity(text, true)
		require.Error(t, err, text)
	}
	got, err := readQuantity("2,000", false)
	require.NoError(t, err)
	require.EqualValues(t, 2000, got)
}

func TestProductsInAnyAlphabet(t *testing.T) {
	for text, want := range map[string]string{
		"CP-1L-BLK": "products/cp-1l-blk", "Coffee Pot": "products/coffee-pot", "Käse": "products/kase", "Crème brûlée": "products/creme-brulee",
		"Кофейник 1 л": "products/kofeinik-1-l-", "Чайник": "products/chainik-", "急須": "products/ji-xu-", "إبريق": "products/",
		strings.Repeat("long ", 30): "products/long-long-",
	} {
		got, err := readProduct(text)
		require.NoError(t, err, text)
		require.Truef(t, strings.HasPrefix(got, want), "%s: %s", text, got)
		require.Regexp(t, `^products/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`, got, text)
		again, err := readProduct(" " + strings.ToUpper(text))
		require.NoError(t, err)
		require.Equal(t, got, again, "case and space make no difference")
	}
	one, _ := readProduct("Чайник")
	other, _ := readProduct("Чаиник")
	require.NotEqual(t, one, other, "what is spelled otherwise is something else, though it comes to the same letters")
	for _, text := range []string{"", "...", "—"} {
		_, err := readProduct(text)
		require.Error(t, err, text)
	}
}

func TestEncodingsAreFoundOut(t *testing.T) {
	const cyrillic = "Дата;Номер;Контрагент;Номенклатура\n03.11.2025;ЦБ-000001;ООО \"Ромашка\";Кофейник\n"
	const german = "Bestellung;Käufer;Straße\n1;Jürgen Müller;Große Straße 5\n2;Karl Käse;Öffentlicher Weg\n"
	encoded := func(text string, err error) []byte {
		require.NoError(t, err)
		return []byte(text)
	}
	for _, c := range []struct {
		text []byte
		want string
	}{
		{[]byte("a,b\n"), "utf-8"}, {nil, "utf-8"}, {[]byte(cyrillic), "utf-8"}, {[]byte(cyrillic)[:5], "utf-8"}, {[]byte("\xEF\xBB\xBFa"), "utf-8"},
		{encoded(charmap.Windows1251.NewEncoder().String(cyrillic)), "windows-1251"},
		{encoded(charmap.KOI8R.NewEncoder().String(cyrillic)), "koi8-r"},
		{encoded(charmap.CodePage866.NewEncoder().String(cyrillic)), "ibm866"},
		{encoded(charmap.Windows1252.NewEncoder().String(german)), "windows-1252"},
		{encoded(japanese.ShiftJIS.NewEncoder().String("注文番号,商品名,数量\n1,急須と湯呑みのセット,2\n")), "shift_jis"},
		{encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(cyrillic)), "utf-16le"},
		{encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(german)), "utf-16be"},
		{encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(german)), "utf-16le"},
	} {
		require.Equal(t, c.want, detect(c.text), "%.40q", c.text)
	}
	for _, name := range []string{"", "klingon", "iso-2022-jp", "replacement"} {
		_, err := charsetOf(name)
		require.Error(t, err, name)
	}
	for _, name := range []string{"UTF-8", "cp1251", "latin1", "utf-16le", "Shift_JIS"} {
		_, err := charsetOf(name)
		require.NoError(t, err, name)
	}
}

func TestCurrenciesAndFates(t *testing.T) {
	for text, want := range map[string]string{"EUR": "EUR", "eur": "EUR", "€": "EUR", "руб.": "RUB", "Руб": "RUB", "грн.": "UAH", "DEM": "DEM", "zł": "PLN", "": "", "x": ""} {
		require.Equal(t, want, currencyOf(text), text)
	}
	for text, want := range map[string]fate{
		"voided": called, "Cancelled": called, "wc-failed": called, "Storniert": called, "Отменён": called, "Pending payment": called,
		"refunded": givenBack, "Erstattet": givenBack, "Повернено": givenBack, "paid": sold, "": sold, "partially_refunded": sold, "Abgeschlossen": sold,
	} {
		require.Equal(t, want, fateOf(text), text)
	}
}
