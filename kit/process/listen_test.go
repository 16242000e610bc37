package process

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConnectionsLeaveAReserveOfFiles(t *testing.T) {
	for _, tc := range []struct {
		wanted int
		files  uint64
		want   int
	}{
		{4096, 1 << 20, 4096}, {4096, 4096 + reservedFiles, 4096}, {4096, 4095 + reservedFiles, 4095},
		{4096, 1024, 1024 - reservedFiles}, {4096, reservedFiles, fewest}, {4096, 0, fewest}, {0, 1024, fewest},
	} {
		require.Equal(t, tc.want, affordable(tc.wanted, tc.files), "%+v", tc)
	}
}
