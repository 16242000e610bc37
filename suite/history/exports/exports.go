// Package exports has small files in the shapes in which shop programs write their orders. Nobody's data is in them; README.md says what a
// right import of each comes to.
package exports

import "embed"

// Files are the exports.
//
//go:embed *.csv
var Files embed.FS
