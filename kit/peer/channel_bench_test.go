package peer_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"

	"kept.dev/kit/peer"
)

func BenchmarkUnary(b *testing.B) {
	server := &handlers{unary: echo}
	channel := peer.NewChannel(nil, nil)
	pb.RegisterTestServiceServer(channel, server)
	for name, conn := range map[string]grpc.ClientConnInterface{"inproc": channel, "bufconn": dial(b, server)} {
		client := pb.NewTestServiceClient(conn)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(p *testing.PB) {
				req := request(string(make([]byte, 300)))
				for p.Next() {
					_, err := client.UnaryCall(b.Context(), req)
					require.NoError(b, err)
				}
			})
		})
	}
}

// BenchmarkCopy is why messages are merged and not marshalled.
func BenchmarkCopy(b *testing.B) {
	from := &pb.SimpleResponse{Username: "somebody", OauthScope: "scope", ServerId: "server", Hostname: "host",
		GrpclbRouteType: pb.GrpclbRouteType_GRPCLB_ROUTE_TYPE_BACKEND, Payload: &pb.Payload{Body: make([]byte, 300)}}
	b.Run("merge", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			proto.Merge(&pb.SimpleResponse{}, from)
		}
	})
	b.Run("marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data, err := proto.Marshal(from)
			require.NoError(b, err)
			require.NoError(b, proto.Unmarshal(data, &pb.SimpleResponse{}))
		}
	})
	b.Run("clone and merge", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			proto.Merge(&pb.SimpleResponse{}, proto.Clone(from))
		}
	})
}
