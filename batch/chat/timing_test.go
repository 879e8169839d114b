package chat

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
	"bizbatch/batch/pace"
)

var noon = time.Date(2026, 10, 7, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name    string
		headers http.Header
		want    time.Duration
	}{
		{"no header", nil, 0},
		{"seconds", http.Header{"Retry-After": {"120"}}, 2 * time.Minute},
		{"a fraction of seconds", http.Header{"Retry-After": {" 0.25 "}}, 250 * time.Millisecond},
		{"a date", http.Header{"Retry-After": {"Wed, 07 Oct 2026 12:01:30 GMT"}}, 90 * time.Second},
		{"a date by the server's clock", http.Header{"Retry-After": {"Wed, 07 Oct 2026 12:01:30 GMT"}, "Date": {"Wed, 07 Oct 2026 12:01:00 GMT"}}, 30 * time.Second},
		{"a date that is past", http.Header{"Retry-After": {"Wed, 07 Oct 2026 11:00:00 GMT"}}, 0},
		{"a date in a hundred years", http.Header{"Retry-After": {"Thu, 07 Oct 2126 11:00:00 GMT"}}, longestWait},
		{"milliseconds, which are more exact", http.Header{"Retry-After-Ms": {"1500"}, "Retry-After": {"2"}}, 1500 * time.Millisecond},
		{"milliseconds, as Azure spells them", http.Header{"X-Ms-Retry-After-Ms": {"250"}, "Retry-After": {"1"}}, 250 * time.Millisecond},
		{"a negative number", http.Header{"Retry-After": {"-5"}}, 0},
		{"no number", http.Header{"Retry-After": {"NaN"}}, 0},
		{"infinity", http.Header{"Retry-After": {"Inf"}}, longestWait},
		{"more seconds than time has", http.Header{"Retry-After": {"1e30"}}, longestWait},
		{"words", http.Header{"Retry-After": {"soon"}}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := retryAfter(test.headers, noon); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestLimitReset(t *testing.T) {
	in := func(d time.Duration) time.Time { return noon.Add(d) }
	tests := []struct {
		name           string
		remaining      string
		requests, toks string
		want           time.Time
	}{
		{"a duration", "0", "6m0s", "", in(6 * time.Minute)},
		{"the last of two limits", "0", "1s", "20ms", in(time.Second)},
		{"seconds", "0", "30", "", in(30 * time.Second)},
		{"a Unix time", "0", "1791374400", "", time.Unix(1791374400, 0)},
		{"a Unix time in milliseconds", "0", "1791374400500", "", time.UnixMilli(1791374400500)},
		{"a time", "0", "2026-10-07T12:06:00Z", "", in(6 * time.Minute)},
		{"a limit that is not used up", "3", "6m0s", "", time.Time{}},
		{"a limit that does not say what is left", "", "6m0s", "", time.Time{}},
		{"a negative duration", "0", "-3s", "", time.Time{}},
		{"an absurd number", "0", "1e200", "", time.Time{}},
		{"words", "0", "tomorrow", "", time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			h.Set("x-ratelimit-remaining-requests", test.remaining)
			h.Set("x-ratelimit-reset-requests", test.requests)
			h.Set("x-ratelimit-remaining-tokens", test.remaining)
			h.Set("x-ratelimit-reset-tokens", test.toks)
			e := &batch.Error{Status: http.StatusTooManyRequests}
			timing(e, h, noon)
			if !e.ResetAt.Equal(test.want) {
				t.Errorf("got %v, want %v", e.ResetAt, test.want)
			}
			e = &batch.Error{Status: http.StatusInternalServerError}
			if timing(e, h, noon); !e.ResetAt.IsZero() {
				t.Errorf("a 500 got %v", e.ResetAt)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	all := func(limit, remaining float64, reset time.Duration) pace.Limits {
		return pace.Limits{Limit: limit, Remaining: remaining, Reset: reset}
	}
	for name, test := range map[string]struct {
		headers map[string]string
		want    pace.Limits
	}{
		"OpenAI": {map[string]string{"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s",
			"x-ratelimit-limit-tokens": "150000", "x-ratelimit-remaining-tokens": "149984", "x-ratelimit-reset-tokens": "6m0s"}, all(60, 59, time.Second)},
		"a duration in parts":     {map[string]string{"x-ratelimit-limit-requests": "10", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, all(10, 0, 6*time.Minute)},
		"a fraction of seconds":   {map[string]string{"x-ratelimit-limit-requests": "10", "x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "1.5s"}, all(10, 9, 1500*time.Millisecond)},
		"seconds":                 {map[string]string{"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "19", "X-RateLimit-Reset": "55"}, all(20, 19, 55*time.Second)},
		"a Unix time":             {map[string]string{"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "19", "X-RateLimit-Reset": "1791374430"}, all(20, 19, 30*time.Second)},
		"a Unix time in ms":       {map[string]string{"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "19", "X-RateLimit-Reset": "1791374430000"}, all(20, 19, 30*time.Second)},
		"the IETF's first draft":  {map[string]string{"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "50", "RateLimit-Reset": "30"}, all(100, 50, 30*time.Second)},
		"a later one":             {map[string]string{"RateLimit": "limit=100, remaining=50, reset=5"}, all(100, 50, 5*time.Second)},
		"the last one":            {map[string]string{"RateLimit": `"default";r=50;t=30`, "RateLimit-Policy": `"default";q=100;w=60`}, all(100, 50, 30*time.Second)},
		"several limits":          {map[string]string{"RateLimit": `"hour";r=90;t=1800, "second";r=3;t=1`, "RateLimit-Policy": `"second";q=10;w=1, "hour";q=100;w=3600`}, all(100, 90, 30*time.Minute)},
		"one limit of several":    {map[string]string{"RateLimit": `"b";r=3;t=1`, "RateLimit-Policy": `"a";q=100;w=3600,"b";q=10;w=1`}, all(10, 3, time.Second)},
		"a limit of bytes":        {map[string]string{"RateLimit": `"bytes";r=1;t=60, "all";r=3;t=1`, "RateLimit-Policy": `"bytes";q=100;w=60;qu="content-bytes", "all";q=10;qu="requests"`}, all(10, 3, time.Second)},
		"a limit without policy":  {map[string]string{"RateLimit": `"b";r=3;t=1`, "RateLimit-Policy": `"a";q=100;w=3600`}, pace.Limits{}},
		"Anthropic":               {map[string]string{"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49", "anthropic-ratelimit-requests-reset": "2026-10-07T12:00:02Z"}, all(50, 49, 2*time.Second)},
		"a service's own clock":   {map[string]string{"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "19", "X-RateLimit-Reset": "1791374430", "Date": "Wed, 07 Oct 2026 12:00:20 GMT"}, all(20, 19, 10*time.Second)},
		"nothing":                 {nil, pace.Limits{}},
		"tokens alone":            {map[string]string{"x-ratelimit-limit-tokens": "10", "x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "1s"}, pace.Limits{}},
		"no reset":                {map[string]string{"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "19"}, pace.Limits{}},
		"a reset that is past":    {map[string]string{"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "19", "X-RateLimit-Reset": "1791374300"}, pace.Limits{}},
		"more left than there is": {map[string]string{"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "21", "X-RateLimit-Reset": "5"}, pace.Limits{}},
		"no numbers":              {map[string]string{"X-RateLimit-Limit": "NaN", "X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "soon"}, pace.Limits{}},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for name, value := range test.headers {
				h.Set(name, value)
			}
			if got := limits(h, noon); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			// Whole seconds tell no more than that, also where they are those of a time.
			later := noon.Add(300 * time.Millisecond)
			if got := limits(h, later); got.Reset != test.want.Reset && !strings.Contains(name, "in ms") {
				t.Errorf("%v later got %+v, want %+v", later.Sub(noon), got, test.want)
			}
		})
	}
}

func TestResetAt(t *testing.T) {
	tests := []struct {
		name, value string
		want        time.Time
	}{
		{"RFC 3339", `"2026-10-07T14:00:00.5+02:00"`, noon.Add(500 * time.Millisecond)},
		{"a time without its zone", `"2026-10-07T12:00:00.123456"`, noon.Add(123456 * time.Microsecond)},
		{"a time with a space", `"2026-10-07 12:00:00"`, noon},
		{"a day", `"2026-10-07"`, noon.Truncate(24 * time.Hour)},
		{"a Unix time", `1791374400`, noon},
		{"a Unix time in a string", `"1791374400"`, noon},
		{"a Unix time in milliseconds", `1791374400000`, noon},
		{"a negative number", `-1`, time.Time{}},
		{"nothing", `null`, time.Time{}},
		{"words", `"next month"`, time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := moment(gjson.Parse(test.value).String()); !got.Equal(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestRetryAfterGoesBeforeAFullReset(t *testing.T) {
	h := http.Header{}
	h.Set("x-ratelimit-remaining-requests", "0")
	h.Set("x-ratelimit-reset-requests", "1h0m0s")
	for retryAfter, want := range map[string]batch.Error{
		"1": {Status: 429, RetryAfter: time.Second},
		"":  {Status: 429, ResetAt: noon.Add(time.Hour)},
	} {
		h.Set("Retry-After", retryAfter)
		got := batch.Error{Status: 429}
		timing(&got, h, noon)
		if got.RetryAfter != want.RetryAfter || !got.ResetAt.Equal(want.ResetAt) {
			t.Errorf("Retry-After %q: wait %v, reset at %v", retryAfter, got.RetryAfter, got.ResetAt)
		}
	}
}

func TestAResetIsReadByTheServicesClock(t *testing.T) {
	now := noon.Add(300 * time.Millisecond)
	for name, test := range map[string]struct {
		value, date string
		want        time.Duration // after noon
	}{
		"its clock is right":       {"1791374410", "Wed, 07 Oct 2026 12:00:00 GMT", 10 * time.Second},
		"its clock is ahead":       {"1791374440", "Wed, 07 Oct 2026 12:00:30 GMT", 10 * time.Second},
		"it does not say the time": {"1791374410", "", 10 * time.Second},
		"it says how long it is":   {"9.5", "Wed, 07 Oct 2026 12:00:30 GMT", 9800 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			h.Set("X-RateLimit-Remaining", "0")
			h.Set("X-RateLimit-Reset", test.value)
			h.Set("Date", test.date)
			if got, want := limitReset(h, now), noon.Add(test.want); !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}
