package imports

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

const (
	utf8Name    = "utf-8"
	utf16leName = "utf-16le"
	utf16beName = "utf-16be"
	// western is what texts are in where nothing better is found, as browsers have it.
	western = "windows-1252"
)

// byteOrderMark stands at the beginning of files that some programs write.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// detect finds out how a text is encoded, by as much of it as has anything but ASCII.
func detect(text []byte) string {
	switch {
	case bytes.HasPrefix(text, byteOrderMark):
		return utf8Name
	case bytes.HasPrefix(text, []byte("\xFF\xFE")):
		return utf16leName
	case bytes.HasPrefix(text, []byte("\xFE\xFF")):
		return utf16beName
	}
	if name := wide(text); name != "" {
		return name
	}
	if validUTF8(text) {
		return utf8Name
	}
	found := chardet.Detect(text)
	e, err := htmlindex.Get(found.Encoding)
	if err != nil || found.Confidence < leastSure {
		return western
	}
	name, err := htmlindex.Name(e)
	if err != nil || !nonLatin[name] {
		return western // what tells Latin encodings from each other is too little to go by
	}
	return name
}

// leastSure is from what confidence on a detected encoding is believed.
const leastSure = 0.5

// nonLatin are the encodings that are told apart by what is written in them.
var nonLatin = map[string]bool{
	"windows-1251": true, "koi8-r": true, "koi8-u": true, "iso-8859-5": true, "ibm866": true, "x-mac-cyrillic": true, "windows-1253": true,
	"iso-8859-7": true, "windows-1255": true, "iso-8859-8": true, "gbk": true, "gb18030": true, "big5": true, "shift_jis": true, "euc-jp": true,
	"euc-kr": true, "windows-874": true,
}

// wide tells UTF-16 without a mark by its zeros: half of what is ASCII in it.
func wide(text []byte) string {
	var zeros [2]int
	some := text[:min(len(text), 4096)]
	for i, c := range some {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch least := max(1, len(some)/8); {
	case zeros[1] >= least && zeros[0] < zeros[1]/4+1:
		return utf16leName
	case zeros[0] >= least && zeros[1] < zeros[0]/4+1:
		return utf16beName
	}
	return ""
}

// validUTF8 tells whether a text is in UTF-8, whose last character may be cut.
func validUTF8(text []byte) bool {
	for cut := range min(utf8.UTFMax, len(text)+1) {
		if utf8.Valid(text[:len(text)-cut]) {
			return true
		}
	}
	return false
}

// charset turns the bytes of a file into text.
type charset struct {
	name string
	enc  encoding.Encoding // nil for UTF-8
}

// errCharset is what is wrong with a name of an encoding.
var errCharset = errors.New("must be the name of a text encoding, such as utf-8, windows-1251 or utf-16le")

func charsetOf(name string) (charset, error) {
	e, err := htmlindex.Get(name)
	if err != nil {
		return charset{}, errCharset
	}
	switch name, err = htmlindex.Name(e); {
	case err != nil || name == "replacement" || name == "iso-2022-jp": // it changes meaning within a text
		return charset{}, errCharset
	case name == utf8Name:
		return charset{name: name}, nil
	case name == utf16leName:
		return charset{name, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}, nil
	case name == utf16beName:
		return charset{name, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}, nil
	}
	return charset{name, e}, nil
}

// isWide tells whether a character has two bytes or four. All else has ASCII as it is.
func (c charset) isWide() bool { return c.name == utf16leName || c.name == utf16beName }

// text is what bytes say.
func (c charset) text(raw []byte) (string, error) {
	if c.enc != nil && !c.isWide() {
		var err error
		if raw, err = c.enc.NewDecoder().Bytes(raw); err != nil {
			return "", err
		}
	}
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return "", errors.New("is not text in " + shown(c.name))
	}
	return string(raw), nil
}

func shown(name string) string {
	if name == utf8Name {
		return "UTF-8"
	}
	return name
}

// narrow makes a window of a wide text UTF-8; other texts stay as they are. size tells of so many of the resulting bytes how many of the
// file's they were.
func (c charset) narrow(window []byte) (text []byte, size func(text []byte) int) {
	if !c.isWide() {
		return window, func(text []byte) int { return len(text) }
	}
	text, _ = c.enc.NewDecoder().Bytes(window[:len(window)/2*2]) // what is no character becomes U+FFFD
	return text, func(text []byte) (n int) {
		for _, r := range string(text) {
			n += 2
			if r > 0xFFFF {
				n += 2
			}
		}
		return n
	}
}
