package peer

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// copyMessage makes to equal to from, sharing nothing with it. Merging costs about a quarter of marshalling and
// unmarshalling again (BenchmarkCopy). It sees no invalid UTF-8, which a wire would refuse.
func copyMessage(to, from any) error {
	target, err := message(to)
	if err != nil {
		return err
	}
	source, err := message(from)
	if err != nil {
		return err
	}
	if source.ProtoReflect().Descriptor() != target.ProtoReflect().Descriptor() {
		return recode(target, source)
	}
	proto.Reset(target)
	proto.Merge(target, source)
	return nil
}

// recode goes through the bytes where the two ends were generated apart.
func recode(target, source proto.Message) error {
	data, err := proto.Marshal(source)
	if err != nil {
		return status.Errorf(codes.Internal, "grpc: error while marshaling: %v", err)
	}
	if err := proto.Unmarshal(data, target); err != nil {
		return status.Errorf(codes.Internal, "grpc: error unmarshalling request: %v", err)
	}
	return nil
}

func message(v any) (proto.Message, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, status.Errorf(codes.Internal, "grpc: error while marshaling: message is %T, want proto.Message", v)
	}
	return m, nil
}
