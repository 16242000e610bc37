package main

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"

	"kept.dev/tools/oci"
)

// What is in an image besides the binary, and who runs it.
const (
	certificates = "etc/ssl/certs/ca-certificates.crt"
	zones        = "usr/share/zoneinfo.zip"
	user         = "65532:65532"
	binaryName   = "program" // in every image
)

// assemble puts the binary on top of what every program needs.
func (s settings) assemble(name, platform, binary string) (v1.Image, error) {
	program, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	zoneinfo, err := zoneFile()
	if err != nil {
		return nil, err
	}
	base, err := oci.Layer(oci.File{Name: certificates, Mode: 0o444, Data: roots()}, oci.File{Name: zones, Mode: 0o444, Data: zoneinfo})
	if err != nil {
		return nil, err
	}
	top, err := oci.Layer(oci.File{Name: binaryName, Mode: 0o555, Data: program})
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, base, top); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, _ = strings.Cut(platform, "/")
	config.Created = v1.Time{Time: time.Unix(0, 0).UTC()}
	config.Config = s.config(name)
	return mutate.ConfigFile(image, config)
}

func (s settings) config(name string) v1.Config {
	return v1.Config{
		User: user, Entrypoint: []string{"/" + binaryName}, WorkingDir: "/", Env: []string{"ZONEINFO=/" + zones},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "Kept: " + name,
			"org.opencontainers.image.version":  s.version,
			"org.opencontainers.image.revision": s.revision,
			"org.opencontainers.image.source":   s.source,
			"org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
}

// roots are Mozilla's certificate authorities, pinned by the module that carries them.
func roots() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
	}
	return out.Bytes()
}

// zoneFile is the time-zone data of the Go that builds.
func zoneFile() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
}
