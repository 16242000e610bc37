package demo

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLinesAreBroken(t *testing.T) {
	var out bytes.Buffer
	p := &page{out: &out}
	p.line("customer", "Olena reads, by mail and in her inbox, in her language: “Замовлення прибуде пізніше, ніж ми обіцяли”")
	require.Equal(t, "  customer  Olena reads, by mail and in her inbox, in her language: “Замовлення прибуде пізніше, ніж\n"+
		"            ми обіцяли”\n", out.String())
	require.Equal(t, []string{"a", "longer-than-that", "b c"}, wrap("a longer-than-that\n b  c", 6))
	require.Equal(t, []string{""}, wrap(" ", 6))
}

func TestTitlesAreBoldOnATerminal(t *testing.T) {
	var out bytes.Buffer
	(&page{out: &out, bold: true}).title("%s  %s", "S07", "100 %")
	require.Equal(t, "\n\x1b[1mS07  100 %\x1b[0m\n", out.String())
}
