package gateway

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
)

// fileTypes are the types that a file may have. What is in it, the import's format says.
var fileTypes = []string{"text/csv", "text/plain", "application/octet-stream"}

// checkUpload refuses what is wrong with a file before any of it is read.
func (x *exchange) checkUpload() error {
	if err := x.checkHead(); err != nil {
		return err
	}
	if len(x.r.Header["Content-Range"]) > 0 { // a PUT of a part that were taken for the whole would destroy it (RFC 9110, 14.5)
		return invalidField("Content-Range", "a part of the file can't be written: send it as a whole")
	}
	if err := x.checkContentEncoding(); err != nil {
		return err
	}
	if err := x.checkFileType(); err != nil {
		return err
	}
	if x.r.ContentLength > x.g.config.MaxUpload {
		return x.fileTooLarge()
	}
	if x.r.ContentLength == 0 || x.r.Body == nil || x.r.Body == http.NoBody {
		return emptyFile()
	}
	return nil
}

// checkFileType wants a file as it is: no form around it, and no other character set than the formats have.
func (x *exchange) checkFileType() error {
	if given := x.r.Header["Content-Type"]; len(given) == 1 {
		kind, params, err := mime.ParseMediaType(given[0])
		charset, has := params["charset"]
		if err == nil && slices.Contains(fileTypes, kind) && (!has || strings.EqualFold(charset, "utf-8")) {
			return nil
		}
	}
	x.w.Header().Set("Accept", strings.Join(fileTypes, ", "))
	return refuse(http.StatusUnsupportedMediaType, codes.InvalidArgument, "UNSUPPORTED_MEDIA_TYPE",
		"the body must be the file as it is, in UTF-8, and its Content-Type one of %s", strings.Join(fileTypes, ", "))
}

func (x *exchange) fileTooLarge() error {
	return refuse(http.StatusRequestEntityTooLarge, codes.InvalidArgument, "BODY_TOO_LARGE",
		"the file is longer than %d bytes; split it, and import the parts one by one", x.g.config.MaxUpload)
}

func emptyFile() error { return invalid("the body is empty: it must be the file as it is") }
