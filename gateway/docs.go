package gateway

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"

	ui "github.com/swaggest/swgui/v5/static"
)

// docsPolicy lets Swagger UI be itself: its pictures are in its styles. It calls this gateway only.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docs are the files of Swagger UI, which come compressed and lie in the program's text, not in memory.
func docs() (map[string]*page, error) {
	pages := map[string]*page{}
	for path, kind := range map[string]string{
		"swagger-ui-bundle.js": "text/javascript; charset=utf-8",
		"swagger-ui.css":       "text/css; charset=utf-8",
	} {
		if _, err := fs.Stat(ui.FS, path+".gz"); err != nil {
			return nil, fmt.Errorf("finding Swagger UI: %w", err)
		}
		pages["/docs/"+path] = &page{kind: kind, packed: func() ([]byte, error) { return ui.FS.ReadFile(path + ".gz") }}
	}
	return pages, nil
}

// unpacked is a file for who does not take it compressed.
func unpacked(packed []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
