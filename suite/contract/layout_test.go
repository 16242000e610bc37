package contract_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// TestEachRPCHasItsFile: `rpc ClaimItem` of `kept.order.v1.WishlistService` is the method ClaimItem in
// services/order/internal/wishlist/claim_item.go, so that any RPC is found without a search.
func TestEachRPCHasItsFile(t *testing.T) {
	placed := 0
	for _, r := range rpcs(t) {
		if r.desc.ParentFile().Package() == "kept.ops.v1" {
			t.Logf("exempt: %s: every service has it, from kit", r)
			continue
		}
		file := filepath.Join("..", "..", "services", r.at, "internal", folderOf(r), snake(string(r.desc.Name()))+".go")
		require.Contains(t, methodsIn(t, file), string(r.desc.Name()), "%s should be in %s", r, file)
		placed++
	}
	t.Logf("%d RPCs are where they belong", placed)
}

func folderOf(r rpc) string {
	return strings.ToLower(strings.TrimSuffix(string(r.desc.Parent().Name()), "Service"))
}

func methodsIn(t *testing.T, file string) []string {
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var names []string
	for _, d := range source.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// snake turns ClaimItem into claim_item.
func snake(name string) string {
	var out strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && i > 0 {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return out.String()
}
