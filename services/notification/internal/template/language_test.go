package template

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChooseFallsBack(t *testing.T) {
	for wanted, want := range map[string]string{
		"uk": "uk", "uk-UA": "uk", "UK-ua": "uk", "ru-Latn-RU": "ru", "pt-BR": "pt-BR", "pt-br-x-a": "pt-BR", "pt": "en", "de": "en",
		"": "en", "u": "en", "-": "en", "uk-": "uk",
	} {
		t.Run(wanted, func(t *testing.T) { require.Equal(t, want, choose(wanted, []string{"en", "ru", "uk", "pt-BR"})) })
	}
}
