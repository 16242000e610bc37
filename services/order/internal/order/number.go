package order

import (
	"crypto/rand"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// newNumber is the number of a new order, to be read over the phone: ten digits, of which the last is a check digit, so that a digit
// that is misheard, or two that are swapped, give no other order. It is drawn at random: it tells nobody how many orders there are, and
// replicas need not agree. The named key orders_number refuses the one of a thousand million that is taken; then another is drawn.
func newNumber() string {
	const least, most = 100_000_000, 1_000_000_000
	n, err := rand.Int(rand.Reader, big.NewInt(most-least))
	if err != nil { // the system has no randomness: nothing could go on
		panic(err)
	}
	digits := strconv.FormatInt(least+n.Int64(), 10)
	return digits + strconv.Itoa(checkDigit(digits))
}

// quasigroup is the one of order 10 that H. Michael Damm gives for his check digit (Total anti-symmetrische Quasigruppen, 2004).
var quasigroup = [10][10]int{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9}, {1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1}, {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5}, {2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

// checkDigit is Damm's: that of the digits with their check digit is 0.
func checkDigit(digits string) (check int) {
	for _, d := range digits {
		check = quasigroup[check][d-'0']
	}
	return check
}

// NumberKey is what two spellings of one order number have in common: its letters and digits, in small letters.
func NumberKey(number string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, number)
}
