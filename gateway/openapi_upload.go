package gateway

import (
	"fmt"
	"strings"
)

// uploadOperation describes how the file of an import is sent, which the gateway itself takes.
func uploadOperation() object {
	return object{
		"operationId": "ImportService_PutImportContent", "tags": []any{"ImportService"},
		"summary": "Writes the content of an import: the file as it is.",
		"description": strings.TrimSpace(fmt.Sprintf(`
The body is the file, in UTF-8 and not compressed, of any length up to 67,108,864 bytes: curl -T customers.csv -H 'Content-Type: text/csv'.
It is written from the beginning each time, so that a PUT can be repeated; a part of it (Content-Range) can't be written. A client that
sends less than %d bytes a second for long is cut off.

One client writes at a time: parts of two files that are sent at the same moment could follow each other.

Errors: FAILED_PRECONDITION with IMPORT_STARTED once the import is not UPLOADING any more; 413 beyond 67,108,864 bytes; 415 for another type.`, leastRate)),
		"consumes": fileTypes,
		"parameters": []any{
			object{"name": "import", "in": "path", "required": true, "type": "string",
				"description": "The last part of the name of one of the imports."},
			object{"name": "body", "in": "body", "required": true, "description": "The file, as it is.",
				"schema": object{"type": "string", "format": "binary"}},
		},
		"responses": object{
			"200": object{"description": "What is there now.", "schema": object{"type": "object", "properties": object{
				"contentSize": object{"type": "string", "format": "int64", "description": "How much content has been written, in bytes."}}}},
			"default": object{"description": "An error.", "schema": object{"$ref": "#/definitions/Status"}},
		},
	}
}
