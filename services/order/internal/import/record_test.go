package imports

import (
	"bytes"
	"encoding/csv"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// records cuts all of the data, given in windows.
func records(data []byte, f form, window int) (all []record) {
	for len(data) > 0 {
		part := data[:min(window, len(data))]
		r, whole := nextRecord(part, f, len(part) == len(data))
		if !whole {
			window *= 2
			continue
		}
		all, data = append(all, r), data[r.size:]
	}
	return all
}

// TestRecordsAreWhatCSVHas writes rows by the standard library and cuts them again, in windows of any size.
func TestRecordsAreWhatCSVHas(t *testing.T) {
	value := rapid.StringOfN(rapid.SampledFrom([]rune("ab ,;\"\nяß")), 0, 6, -1)
	rapid.Check(t, func(r *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(value, 2, 3), 1, 12).Draw(r, "rows")
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.UseCRLF = rapid.Bool().Draw(r, "CRLF")
		require.NoError(r, w.WriteAll(rows))
		lines := int64(strings.Count(file.String(), "\n"))
		f := csvForm{spec: &orderv1.Import{}, delimiter: ","}
		cut := records(file.Bytes(), f, rapid.IntRange(1, 40).Draw(r, "window"))
		require.Len(r, cut, len(rows))
		for i, c := range cut {
			values, err := split(string(c.text), ",")
			require.NoError(r, err)
			wanted := csv.NewReader(bytes.NewReader(c.text)) // which takes \r\n within values for \n
			same, err := wanted.Read()
			require.NoError(r, err)
			require.Equal(r, same, values)
			for n, v := range values {
				require.Equal(r, strings.ReplaceAll(rows[i][n], "\r\n", "\n"), strings.ReplaceAll(v, "\r\n", "\n"))
			}
			lines -= c.lines
		}
		require.Zero(r, lines, "all lines are counted")
	})
}

// FuzzRecords cuts anything: it comes to an end, leaves nothing out, and never panics.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("a,b\r\n\"c\nd\",e\n\"open,\nf,g"), true)
	f.Add([]byte(" 00001 19970101  1   11.77\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, quoted bool) {
		var reader form = cdnow{zone: time.UTC, currency: "USD", now: time.Unix(1e9, 0)}
		if quoted {
			reader = csvForm{spec: &orderv1.Import{CurrencyCode: "USD"}, delimiter: ",", titles: []string{"customer_id", "amount"},
				at: columnIndex{"customer_id": 0, "amount": 1}, charset: charset{name: utf8Name}, zone: time.UTC, layouts: layouts(0)}
		}
		size := 0
		for _, r := range records(data, reader, 1+len(data)/3) {
			size += r.size
			understand(r, reader, 1)
		}
		require.Equal(t, len(data), size)
	})
}

// TestAmountsAreExact writes amounts in every way and reads them back.
func TestAmountsAreExact(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(r, "currency")
		scale := map[string]int{"USD": 2, "JPY": 0, "KWD": 3}[currency]
		minor := rapid.Int64Range(0, 8_000_000_000_000_000).Draw(r, "minor")
		plain := new(big.Rat).SetFrac(big.NewInt(minor), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
		if rapid.Bool().Draw(r, "trailing zeros") {
			plain = withZeros(plain)
		}
		comma := rapid.Bool().Draw(r, "decimal comma")
		if comma {
			plain = strings.ReplaceAll(plain, ".", ",")
		}
		got, err := readAmount(plain, currency, comma)
		require.NoError(r, err)
		require.Equal(r, minor, got.Minor)
	})
}

func withZeros(text string) string {
	if strings.Contains(text, ".") {
		return text + "00"
	}
	return text + ".000"
}

func TestAmountsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "1.005", "1,23", "x5", "0x5", "1e3", "99999999999999999999", "1.0000000001", "1,0000", "--5", "(5", "5 apples", "1.5.5"} {
		_, err := readAmount(text, "USD", false)
		require.Error(t, err, text)
	}
	for text, minor := range map[string]int64{
		"1,234,567.5": 123456750, "0": 0, "007": 700, "-1": -100, "1 000": 100000, "1\u00a0234\u202f567.89": 123456789, "$5": 500, "5.00 USD": 500,
		"1'068.90": 106890, "(19.00)": -1900, "19.00-": -1900, "−5": -500, "+5": 500, "-$5.10": -510, "€ 24.95": 2495, "1 900.00 руб.": 190000,
	} {
		got, err := readAmount(text, "USD", false)
		require.NoError(t, err, text)
		require.Equal(t, minor, got.Minor, text)
	}
}
