package imports

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gosimple/unidecode"
	"golang.org/x/text/unicode/norm"

	orderv1 "kept.dev/proto/gen/kept/order/v1"
)

// layouts are the ways to write a moment, by the order of a date's parts.
func layouts(order orderv1.Import_DateOrder) []string {
	switch order {
	case orderv1.Import_DAY_MONTH_YEAR:
		return withTimes("2.1.2006", "2/1/2006", "2-1-2006", "2.1.06", "2006-01-02")
	case orderv1.Import_MONTH_DAY_YEAR:
		return withTimes("1/2/2006", "1-2-2006", "1.2.2006", "1/2/06", "2006-01-02")
	default:
		return withTimes("2006-01-02", "20060102", "2.1.2006", "2006/01/02")
	}
}

func withTimes(dates ...string) (all []string) {
	for _, d := range dates {
		for _, clock := range []string{"", " 15:04", " 15:04:05", " 3:04 PM", " 3:04:05 PM"} {
			all = append(all, d+clock)
		}
	}
	return all
}

// offset is a zone after a time of day, as in RFC 3339 or with a space before it.
var offset = regexp.MustCompile(`^(.*\d:\d.*?)\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2})$`)

// isoT is the T between the parts of a time as in RFC 3339.
var isoT = regexp.MustCompile(`^(\d{4}-?\d{2}-?\d{2})[Tt](\d)`)

// readTime reads a moment, or the first moment of a day. One without an offset is in the zone.
func readTime(text string, layouts []string, zone *time.Location) (time.Time, error) {
	plain := strings.TrimSuffix(isoT.ReplaceAllString(strings.Map(spaced, text), "$1 $2"), " г.")
	if m := offset.FindStringSubmatch(plain); m != nil {
		plain = m[1]
		zone = time.UTC
		if sign := strings.IndexAny(m[2], "+-"); sign == 0 {
			digits := strings.Replace(m[2][1:], ":", "", 1)
			hours, _ := strconv.Atoi(digits[:2]) // the pattern has digits
			minutes, _ := strconv.Atoi(digits[2:])
			seconds := hours*3600 + minutes*60
			if m[2][0] == '-' {
				seconds = -seconds
			}
			zone = time.FixedZone("", seconds)
		}
	}
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, plain, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.30q is not a date such as %s", text, time.Date(2026, 12, 31, 0, 0, 0, 0, zone).Format(layouts[0]))
}

// spaced makes a space of any space.
func spaced(r rune) rune {
	if unicode.IsSpace(r) {
		return ' '
	}
	return r
}

// serial is a date as a sheet has it: days, and parts of a day.
var serial = regexp.MustCompile(`^\d{1,5}(\.\d+)?$`)

// readSerial reads a moment by the days since the end of 1899, as Excel counts from March 1900 on.
func readSerial(text string, zone *time.Location) (at time.Time, ok bool) {
	if !serial.MatchString(text) {
		return at, false
	}
	days, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return at, false
	}
	whole := int(days)
	seconds := int((days-float64(whole))*24*60*60 + 0.5)
	return time.Date(1899, 12, 30+whole, 0, 0, seconds, 0, zone), true
}

// inThePast refuses what can't have happened yet, or not by a customer who lives.
func inThePast(at, now time.Time) error {
	switch {
	case at.After(now):
		return errors.New("the date is in the future")
	case at.Year() < 1900:
		return errors.New("the date is before 1900")
	}
	return nil
}

var foreign = regexp.MustCompile(`[^a-z0-9]+`)

const (
	maxProductID = 63
	hashLength   = 6
)

// readProduct makes the name of a product from its id in the other system, or from what it is called: small letters and digits, with
// hyphens for all else, and Latin letters in place of others. Where different texts could come to the same by that, or too much would
// be cut off, a part of the text's hash tells them apart.
func readProduct(text string) (string, error) {
	text = norm.NFC.String(strings.ToLower(strings.TrimSpace(text)))
	id := strings.Trim(foreign.ReplaceAllString(strings.ToLower(unidecode.Unidecode(text)), "-"), "-")
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "", errors.New("the product's id or name must have a letter or a digit")
	}
	if len(id) <= maxProductID && id != "" && !strings.ContainsFunc(text, notLatin) {
		return "products/" + id, nil
	}
	sum := sha256.Sum256([]byte(text))
	id = strings.Trim(id[:min(len(id), maxProductID-hashLength-1)], "-")
	return "products/" + strings.TrimLeft(id+"-"+hex.EncodeToString(sum[:])[:hashLength], "-"), nil
}

func notLatin(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }
