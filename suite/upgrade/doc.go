// Package upgrade holds the schema of each release, and proves that the next version can be put in place while the last one runs.
//
// Replicas of two versions work on one database while a new version is rolled out, and the old one must be able to come
// back. So a change of the schema takes two releases. The first expands: it adds tables, columns that may stay empty or
// have a default, and indexes, and its code writes what is new and does without it where it is missing. The second
// contracts: it drops what nothing has used since the release before, in a statement under a line that says so:
//
//	-- contract: since v0.1.0
//
// testdata/<version> is what a release has made: its migrations, service by service, and rows that its code has written. None
// of it is ever edited: SHA256SUMS says so, and the migrations of today have to begin with the very same files. When a
// version is released, this writes its folder, to be committed with it:
//
//	make release-schema VERSION=v0.2.0
package upgrade
