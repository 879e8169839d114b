package chat_test

import (
	"fmt"
	"net/http"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/chat"
)

// An Asker of somebody else describes what it was told, and a run knows what it
// means.
func ExampleErrorFrom() {
	header := http.Header{"Retry-After": {"7"}}
	slow := chat.ErrorFrom(429, header, []byte(`{"error":{"type":"rate_limit_exceeded","message":"slow down"}}`))
	wrong := chat.ErrorFrom(422, nil, []byte(`{"detail":[{"loc":["body","question"],"msg":"too vague"}]}`))
	broken := chat.ErrorFrom(0, nil, []byte(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`)) // in a stream
	for _, e := range []*batch.Error{slow, wrong, broken} {
		fmt.Println(batch.Classify(e, time.Now(), time.Minute), "-", e)
	}
	// Output:
	// pause - 429 rate_limit_exceeded: slow down
	// give up - 422 too vague
	// again - overloaded_error: Overloaded
}
