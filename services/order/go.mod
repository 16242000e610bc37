module kept.dev/services/order

go 1.26

require (
	kept.dev/kit v0.0.0
	kept.dev/proto v0.0.0
)

replace (
	kept.dev/kit => ../../kit
	kept.dev/proto => ../../proto
)
