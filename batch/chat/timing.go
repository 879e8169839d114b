package chat

import (
	"cmp"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"bizbatch/batch"
	"bizbatch/batch/pace"
)

// longestWait bounds Retry-After: no limit lasts longer than a month.
const longestWait = 30 * 24 * time.Hour

// timing adds the waiting times of the headers to an error. Retry-After takes
// precedence over the reset of a limit: it is when the next request may succeed,
// which is sooner than when the limit is full again.
func timing(e *batch.Error, h http.Header, now time.Time) {
	e.RetryAfter = cmp.Or(retryAfter(h, now), e.RetryAfter)
	if e.RetryAfter == 0 && e.ResetAt.IsZero() && e.Status == http.StatusTooManyRequests {
		e.ResetAt = limitReset(h, now)
	}
}

// retryAfter reads Retry-After (RFC 9110, section 10.2.3: seconds or an HTTP
// date, here with fractions too) and retry-after-ms or Azure's
// x-ms-retry-after-ms, which are more exact where a server sends them. A date
// is compared with the server's own Date. It is between 0 and 30 days, and 0
// where nothing can be read.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, ok := number(cmp.Or(h.Get("Retry-After-Ms"), h.Get("X-Ms-Retry-After-Ms"))); ok {
		return wait(ms, time.Millisecond)
	}
	value := h.Get("Retry-After")
	if s, ok := number(value); ok {
		return wait(s, time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(clock(h, now)), 0), longestWait)
}

var (
	tryAgain = regexp.MustCompile(`(?i)\b(?:(?:try again|retry) (?:in|after)|wait(?: for)?(?: at least)?) ((?:(?:and )?\d+(?:\.\d+)? ?[a-z]+ ?)+)`)
	amount   = regexp.MustCompile(`(\d+(?:\.\d+)?) ?([a-z]+)`)
	units    = map[string]time.Duration{ // in the singular
		"ms": time.Millisecond, "millisecond": time.Millisecond, "s": time.Second, "sec": time.Second, "second": time.Second,
		"m": time.Minute, "min": time.Minute, "minute": time.Minute, "h": time.Hour, "hr": time.Hour, "hour": time.Hour,
		"d": 24 * time.Hour, "day": 24 * time.Hour,
	}
)

// waitInWords reads how long a message asks to wait, such as "Please try again in 6m0s."
// (OpenAI, Groq), "Please retry after 26 seconds." (Azure) or "Please wait 61234 seconds
// before retrying." (GitHub): a proxy may drop the header. It is 0 where nothing can be read.
func waitInWords(message string) (total time.Duration) {
	said := tryAgain.FindStringSubmatch(message)
	if said == nil {
		return 0
	}
	for _, part := range amount.FindAllStringSubmatch(strings.ToLower(said[1]), -1) {
		unit, known := units[part[2]]
		if !known {
			unit, known = units[strings.TrimSuffix(part[2], "s")]
		}
		if !known {
			break
		}
		n, _ := number(part[1])
		total = min(total+wait(n, unit), longestWait)
	}
	return total
}

// passedOn returns the headers of the service behind a gateway: OpenRouter puts them into
// the body.
func passedOn(body []byte) http.Header {
	h := http.Header{}
	gjson.GetBytes(body, "error.metadata.headers").ForEach(func(name, value gjson.Result) bool {
		h.Set(name.String(), value.String())
		return true
	})
	return h
}

// clock is the time at the service, in whole seconds.
func clock(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now.Truncate(time.Second)
}

// limitReset returns when the last of the limits that are used up clears, as
// OpenAI's x-ratelimit headers say it: a duration ("6m0s"), seconds, or a time
// as [moment] reads it.
func limitReset(h http.Header, now time.Time) (latest time.Time) {
	for _, limit := range []string{"", "-Requests", "-Tokens"} {
		if left, ok := number(h.Get("X-Ratelimit-Remaining" + limit)); !ok || left > 0 {
			continue
		}
		if at := reset(h.Get("X-Ratelimit-Reset"+limit), now, clock(h, now)); at.After(latest) {
			latest = at
		}
	}
	return latest
}

// reset reads when a limit is reset: a duration, seconds, or a time. A whole second is one of
// the service's clock.
func reset(value string, now, clock time.Time) time.Time {
	value = strings.TrimSpace(value)
	if d, err := time.ParseDuration(value); err == nil && d > 0 {
		return now.Add(d)
	}
	if n, ok := number(value); ok && n > 0 && n < 1e9 {
		return now.Add(wait(n, time.Second))
	}
	at := moment(value)
	if at.IsZero() || at.Nanosecond() != 0 {
		return at
	}
	return at.Add(now.Truncate(time.Second).Sub(clock))
}

// limits reads what the headers of a response say of the limit on requests, in
// any of these spellings: X-RateLimit-Limit-Requests (OpenAI, Groq, Azure),
// X-RateLimit-Limit (GitHub, OpenRouter), RateLimit-Limit (an early draft of
// the IETF), Anthropic-Ratelimit-Requests-Limit, and RateLimit with RateLimit-Policy
// (the IETF's last drafts).
func limits(h http.Header, now time.Time) pace.Limits {
	here := clock(h, now)
	for _, name := range []func(string) string{
		func(what string) string { return "X-Ratelimit-" + what + "-Requests" },
		func(what string) string { return "X-Ratelimit-" + what },
		func(what string) string { return "Ratelimit-" + what },
		func(what string) string { return "Anthropic-Ratelimit-Requests-" + what },
	} {
		limit, _, _ := strings.Cut(h.Get(name("Limit")), ",") // some add the policy
		if l := limitsOf(limit, h.Get(name("Remaining")), h.Get(name("Reset")), now, here); l != (pace.Limits{}) {
			return l
		}
	}
	return tightest(h.Get("Ratelimit"), h.Get("Ratelimit-Policy"), now, here)
}

// tightest reads RateLimit and RateLimit-Policy. The last drafts have several limits, by
// name and of requests unless a policy says of what else: the one that lets in the fewest
// requests a second until it is reset counts.
func tightest(states, policies string, now, clock time.Time) (least pace.Limits) {
	items := []string{states}
	if strings.Contains(states, `"`) {
		items = strings.Split(states, ",")
	}
	for _, item := range items {
		name, _, _ := strings.Cut(strings.TrimSpace(item), ";")
		state, policy := parameters(item), map[string]string{}
		for _, p := range strings.Split(policies, ",") {
			if strings.HasPrefix(strings.TrimSpace(p), name+";") {
				policy = parameters(p)
			}
		}
		l := limitsOf(cmp.Or(policy["q"], state["limit"]), cmp.Or(state["r"], state["remaining"]), cmp.Or(state["t"], state["reset"]), now, clock)
		if of := policy["qu"]; of != "" && of != `"requests"` || l.Limit == 0 {
			continue
		}
		if least.Limit == 0 || l.Remaining*least.Reset.Seconds() < least.Remaining*l.Reset.Seconds() {
			least = l
		}
	}
	return least
}

// limitsOf reads the limits. If the reset is at a whole second, the time until then is
// rounded to whole seconds, because the service's clock is known no more exactly.
func limitsOf(limit, remaining, at string, now, clock time.Time) pace.Limits {
	l, ok := number(limit)
	r, known := number(remaining)
	full := reset(at, now, clock)
	left := full.Sub(now)
	if full.Nanosecond() == 0 {
		left = full.Sub(now.Truncate(time.Second))
	}
	if !ok || !known || !(l > 0 && r >= 0 && r <= l) || left <= 0 || left > longestWait {
		return pace.Limits{}
	}
	return pace.Limits{Limit: l, Remaining: r, Reset: left}
}

// parameters reads name=value pairs, separated by commas or semicolons.
func parameters(value string) map[string]string {
	all := map[string]string{}
	for _, part := range strings.FieldsFunc(value, func(c rune) bool { return c == ';' || c == ',' }) {
		name, is, _ := strings.Cut(strings.TrimSpace(part), "=")
		all[name] = is
	}
	return all
}

// moment parses a time: RFC 3339, as Bizora sends it, the same without a zone (UTC),
// or a Unix time in seconds or milliseconds.
func moment(value string) time.Time {
	value = strings.TrimSpace(value)
	if n, ok := number(value); ok {
		return unix(n)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// unix returns the time of a number of seconds, or of milliseconds if seconds would
// be thousands of years from now.
func unix(n float64) time.Time {
	switch {
	case !(n > 0) || n > 1e14:
		return time.Time{}
	case n > 1e11:
		return time.UnixMilli(int64(n)).UTC()
	}
	return time.UnixMilli(int64(n * 1e3)).UTC()
}

// wait returns n units, between 0 and 30 days; 0 for NaN.
func wait(n float64, unit time.Duration) time.Duration {
	if !(n > 0) {
		return 0
	}
	return time.Duration(min(n*float64(unit), float64(longestWait)))
}

func number(s string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return f, err == nil
}
