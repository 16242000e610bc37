package customer_test

import (
	"testing"

	"kept.dev/kit/kittest"
)

func TestMain(m *testing.M) { kittest.Main(m) }
