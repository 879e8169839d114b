package batch

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestClassify(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) time.Time { return now.Add(d) }
	for name, test := range map[string]struct {
		err    error
		action Action
		stop   StopKind // for Stop and Doubt
		reason string
	}{
		"a wrong key":                           {&Error{Status: 401, Type: "authentication_error"}, Stop, StopKey, "401 authentication_error"},
		"a wrong key, in the stream":            {&Error{Type: "authentication_error"}, Stop, StopKey, "authentication_error"},
		"no permission":                         {&Error{Status: 403}, Doubt, StopKey, "403 Forbidden"},
		"an empty balance":                      {&Error{Status: 402, Type: "insufficient_balance"}, Stop, StopBalance, "402 insufficient_balance"},
		"an empty balance, in the stream":       {&Error{Type: "insufficient_balance"}, Stop, StopBalance, "insufficient_balance"},
		"an empty balance, in a stream of 200":  {&Error{Status: 200, Type: "insufficient_balance"}, Stop, StopBalance, "200 insufficient_balance"},
		"an empty balance, as OpenAI says it":   {&Error{Status: 429, Type: "insufficient_quota"}, Stop, StopBalance, "429 insufficient_quota"},
		"an unknown address":                    {&Error{Status: 404, Message: "404 page not found"}, Doubt, StopEndpoint, "404 Not Found"},
		"an unknown model":                      {&Error{Status: 404, Message: "The model does not exist"}, GiveUp, "", "404 Not Found"},
		"an unknown model, by type":             {&Error{Status: 404, Type: "model_not_found"}, GiveUp, "", "404 model_not_found"},
		"throttled":                             {&Error{Status: 429, Type: "rate_limit_exceeded"}, Pause, "", "429 rate_limit_exceeded"},
		"throttled, in OpenAI's stream":         {&Error{Type: "requests", Code: "rate_limit_exceeded"}, Pause, "", "requests"},
		"throttled, in the stream":              {&Error{Type: "rate_limit_exceeded"}, Pause, "", "rate_limit_exceeded"},
		"throttled, in the middle of an answer": {&Error{Status: 429, MaybeCharged: true}, Again, "", "429 Too Many Requests"},
		"throttled for as long as is allowed":   {&Error{Status: 429, RetryAfter: 15 * time.Minute}, Pause, "", "429 Too Many Requests"},
		"throttled for longer":                  {&Error{Status: 429, RetryAfter: 15*time.Minute + 1}, Stop, StopThrottled, "429 Too Many Requests"},
		"a reset that is near":                  {&Error{Status: 429, ResetAt: in(15 * time.Minute)}, Pause, "", "429 Too Many Requests"},
		"a reset that is far":                   {&Error{Status: 429, ResetAt: in(15*time.Minute + 1)}, Stop, StopThrottled, "429 Too Many Requests"},
		"a reset that is far, a wait that is not": {&Error{Status: 429, ResetAt: in(24 * time.Hour), RetryAfter: time.Second}, Stop, StopThrottled,
			"429 Too Many Requests"},
		"a reset in the past":                {&Error{Status: 429, ResetAt: in(-time.Hour)}, Pause, "", "429 Too Many Requests"},
		"a month used up, until nobody says": {&Error{Status: 429, Message: "Monthly usage limit reached"}, Stop, StopThrottled, "429 Too Many Requests"},
		"a month used up, until soon":        {&Error{Status: 429, Message: "Monthly usage limit reached", ResetAt: in(time.Minute)}, Pause, "", "429 Too Many Requests"},
		"a request that is larger than the limit": {&Error{Status: 429, Type: "tokens", Message: "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 36278. The input or output tokens must be reduced"},
			GiveUp, "", "429 tokens"},
		"a limit on tokens":                  {&Error{Status: 429, Type: "tokens", Message: "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s"}, Pause, "", "429 tokens"},
		"a wrong request":                    {&Error{Status: 400, Message: "no"}, GiveUp, "", "400 Bad Request"},
		"a wrong request, in the stream":     {&Error{Type: "invalid_request_error"}, GiveUp, "", "invalid_request_error"},
		"a request that is too large":        {&Error{Status: 413}, GiveUp, "", "413 Request Entity Too Large"},
		"a request that cannot be processed": {&Error{Status: 422}, GiveUp, "", "422 Unprocessable Entity"},
		"a content refusal":                  {&Error{Type: "content_filter"}, GiveUp, "", "content_filter"},
		"an answer without end":              {&Error{Type: "answer_too_large", MaybeCharged: true}, GiveUp, "", "answer_too_large"},
		"another 4xx":                        {&Error{Status: 451}, GiveUp, "", "451 Unavailable For Legal Reasons"},
		"a request time-out":                 {&Error{Status: 408}, Again, "", "408 Request Timeout"},
		"a conflict":                         {&Error{Status: 409}, Again, "", "409 Conflict"},
		"too early":                          {&Error{Status: 425}, Again, "", "425 Too Early"},
		"a server error":                     {&Error{Status: 500, Message: "request 17 broke"}, Again, "", "500 Internal Server Error"},
		"a gateway that gave up":             {&Error{Status: 504}, Again, "", "504 Gateway Timeout"},
		"an overload, in the stream":         {&Error{Type: "overloaded_error"}, Again, "", "overloaded_error"},
		"an unknown type":                    {&Error{Type: "who_knows"}, Again, "", "who_knows"},
		"a status that nobody knows":         {&Error{Status: 599}, Again, "", "599"},
		"a network that is gone":             {&Error{Message: "dial tcp: refused", Unreached: true}, Again, "", "service not reached"},
		"a stream cut short":                 {&Error{Message: "the stream ended: read tcp 10.0.0.1:4711", MaybeCharged: true}, Again, "", "the stream ended"},
		"an attempt that took too long":      {&Error{Message: "no answer", Err: ErrAttemptTimeout}, Again, "", "time-out"},
		"a deadline of the asker's own":      {fmt.Errorf("ask: %w", context.DeadlineExceeded), Again, "", "time-out"},
		"a page in the API's place":          {&Error{Status: 200, Message: "an HTML page: Sign in", Fatal: true}, Doubt, StopEndpoint, "200 OK"},
		"a redirect":                         {&Error{Status: 307, Message: "redirects", Fatal: true}, Doubt, StopEndpoint, "307 Temporary Redirect"},
		"a path that takes no requests":      {&Error{Status: 405, Message: "Method Not Allowed", Fatal: true}, Doubt, StopEndpoint, "405 Method Not Allowed"},
		"moderation":                         {&Error{Status: 403, Message: "openai/gpt-4o requires moderation. Your input was flagged."}, GiveUp, "", "403 Forbidden"},
		"a firewall that blocks, or a key":   {&Error{Status: 403, Message: "an HTML page: Attention Required!"}, Doubt, StopKey, "403 Forbidden"},
		"a certificate that does not match":  {&Error{Message: "certificate", Fatal: true}, Stop, StopEndpoint, "certificate"},
		"an error that says nothing":         {errors.New("a bug: at line 7"), Again, "", "a bug"},
		"an error that wraps what is known":  {fmt.Errorf("ask: %w", &Error{Status: 402}), Stop, StopBalance, "402 Payment Required"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Classify(test.err, now, 15*time.Minute); got != test.action {
				t.Errorf("%v, want %v", got, test.action)
			}
			if got := asError(test.err).stopKind(); (test.action == Stop || test.action == Doubt) && got != test.stop {
				t.Errorf("stops as %q, want %q", got, test.stop)
			}
			if got := reason(test.err); got != test.reason {
				t.Errorf("reason %q, want %q", got, test.reason)
			}
		})
	}
}
