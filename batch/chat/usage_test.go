package chat

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"bizbatch/batch"
)

// Token counts are asked for where the service does not send them unasked, by the
// transport: what a question is does not change for it.
func TestUsageIsAskedFor(t *testing.T) {
	for name, test := range map[string]struct {
		usage         bool
		payload, want string
	}{
		"not of Bizora":               {false, `{"model":"m"}`, `{"model":"m","stream":true}`},
		"of others":                   {true, `{"model":"m"}`, `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`},
		"of others, with its own say": {true, `{"stream_options":{}}`, `{"stream_options":{},"stream":true}`},
		"for nothing":                 {true, `{}`, `{"stream":true,"stream_options":{"include_usage":true}}`},
	} {
		var body []byte
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ = io.ReadAll(r.Body)
			sending(stop+done)(w, r)
		}, func(cfg *Config) { cfg.IncludeUsage = test.usage })
		if _, err := client.Ask(t.Context(), batch.Request{Payload: []byte(test.payload)}); err != nil || sameJSON(t, string(body)) != sameJSON(t, test.want) {
			t.Errorf("%s: %s, %v, want %s", name, body, err, test.want)
		}
	}
}

// A service that does not know how token counts are asked for costs no question:
// it is asked without from then on.
func TestAServiceThatKnowsNoUsageOption(t *testing.T) {
	for name, refusal := range map[string]string{
		"Mistral":           `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error","param":null,"code":null}`,
		"by the option":     `{"error":{"message":"include_usage is not supported"}}`,
		"in other spelling": `{"error":{"message":"property 'streamOptions' is unsupported"}}`,
		"another":           `{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}`,
	} {
		for _, status := range []int{200, 400, 422, 500} {
			client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); bytes.Contains(body, []byte("stream_options")) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(status)
					io.WriteString(w, refusal)
					return
				}
				sending(text("a")+stop+done)(w, r)
			}, func(cfg *Config) { cfg.IncludeUsage = true })
			_, err := client.Ask(t.Context(), question)
			if e := failure(t, err); batch.Classify(err, time.Now(), time.Minute) != batch.Again || e.MaybeCharged {
				t.Errorf("%s, %d: the first time: %+v", name, status, e)
			}
			if answer, err := client.Ask(t.Context(), question); err != nil || answer.Text != "a" {
				t.Errorf("%s, %d: the second time: %+v, %v", name, status, answer, err)
			}
		}
	}
}
