// Package proto is the contracts: the .proto files under kept/, and what is generated from them under gen/.
package proto

import _ "embed"

// OpenAPI is the generated description of the REST interface (OpenAPI 3.1, JSON).
//
//go:embed gen/openapi/kept.openapi.json
var OpenAPI []byte
