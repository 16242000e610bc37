module kept.dev/suite

go 1.26

require (
	kept.dev/kit v0.0.0
	kept.dev/proto v0.0.0
	kept.dev/gateway v0.0.0
	kept.dev/services/customer v0.0.0
	kept.dev/services/order v0.0.0
)

replace (
	kept.dev/kit => ../kit
	kept.dev/proto => ../proto
	kept.dev/gateway => ../gateway
	kept.dev/services/customer => ../services/customer
	kept.dev/services/order => ../services/order
)
