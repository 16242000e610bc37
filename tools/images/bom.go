package main

import (
	"bytes"
	"debug/buildinfo"
	"os"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeBOM writes what the binary was made from, as the binary itself says it, in CycloneDX. It has no time and no serial
// number, so that the same binary has the same bill.
func (s settings) writeBOM(name, binary string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	parts := []cdx.Component{{
		BOMRef: "golang", Type: cdx.ComponentTypeLibrary, Name: "std", Version: info.GoVersion, PackageURL: "pkg:golang/std@" + info.GoVersion,
	}}
	for _, m := range info.Deps {
		if m.Replace != nil && m.Replace.Version != "" {
			m = m.Replace
		}
		version := m.Version
		if version == "(devel)" || version == "" { // a sibling: all modules have one version
			version = s.version
		}
		purl := "pkg:golang/" + m.Path + "@" + version
		part := cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: version, PackageURL: purl}
		parts = append(parts, part)
	}
	bill := cdx.NewBOM()
	bill.Metadata = &cdx.Metadata{Component: &cdx.Component{
		BOMRef: "kept/" + name, Type: cdx.ComponentTypeContainer, Name: s.prefix + "/" + name, Version: s.version,
	}}
	bill.Components = &parts
	var out bytes.Buffer
	if err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bill); err != nil {
		return err
	}
	return os.WriteFile(s.bom(name), out.Bytes(), 0o644)
}
