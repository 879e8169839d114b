package chat

import (
	"net/http"
	"strings"
	"testing"
)

// A proxy that lets nothing through is no fault of a question.
func TestAProxyThatRefusesIsNamed(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusProxyAuthRequired)
	})
	_, err := client.Ask(t.Context(), question)
	if e := failure(t, err); !e.Fatal || !strings.Contains(e.Hint, "HTTP_PROXY") {
		t.Errorf("on the way to a plain address: %+v", e)
	}

	// A CONNECT that is refused: net/http says no more than its status.
	for _, status := range []int{http.StatusProxyAuthRequired, http.StatusForbidden} {
		c, err := New(Config{Key: "sk_test"})
		if err != nil {
			t.Fatal(err)
		}
		c.proxy = "proxy.example:3128"
		c.transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, statusText(status) })
		_, err = c.Ask(t.Context(), question)
		if e := failure(t, err); !e.Fatal || !strings.Contains(e.Hint, "proxy.example:3128") || e.MaybeCharged {
			t.Errorf("CONNECT: %+v", e)
		}
	}
}

type statusText int

func (s statusText) Error() string { return http.StatusText(int(s)) }
