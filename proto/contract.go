// Package proto is the contracts: the .proto files under kept/, and what is generated from them under gen/.
package proto

import _ "embed"

// OpenAPI is the generated description of the REST interface (Swagger 2.0, JSON).
//
//go:embed gen/openapi/kept.swagger.json
var OpenAPI []byte
