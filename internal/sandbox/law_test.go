package sandbox

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestLaw(t *testing.T) {
	law, err := ParseLaw([]byte(`{"match": "179", "text": "old"}
{"match": "179", "from": "2026-01-01", "text": "new"}

{"match": "179.*2030", "from": "2026-01-01", "text": "about 2030"}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ day, question, want string }{
		{"2025-12-31", "What is the limit of § 179?", "old"},
		{"2026-01-01", "What is the limit of § 179?", "new"},
		{"2026-05-01", "What is the limit of § 179 in 2030?", "about 2030"},
		{"2025-05-01", "What is the limit of § 179 in 2030?", "old"},
		{"2026-05-01", "What is VAT?", ""},
	} {
		day, _ := time.ParseInLocation(time.DateOnly, test.day, time.Local)
		if got := law.on(day, test.question); got != test.want {
			t.Errorf("%s on %s: %q; want %q", test.question, test.day, got, test.want)
		}
	}
}

func TestParseLawFails(t *testing.T) {
	for _, test := range []struct{ law, want string }{
		{`{"match": "179"}`, "line 1: it has no text"},
		{"\n\n" + `{"text": "x", "until": "2026-01-01"}`, `line 3: unknown field "until"`},
		{`{"text": "x", "from": "1/1/2026"}`, `line 1: "1/1/2026" is not a day, such as 2026-01-31`},
		{`{"text": "x", "match": "("}`, "line 1: error parsing regexp"},
		{`nothing`, "line 1: "},
	} {
		if _, err := ParseLaw([]byte(test.law)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q", test.law, err, test.want)
		}
	}
}

func TestTheDayOfTheLawChanges(t *testing.T) {
	law, err := ParseLaw([]byte(`{"text": "It was so."}` + "\n" + `{"from": "2026-01-01", "text": "It is so, see [source 1]."}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Law: law, Date: time.Date(2025, 12, 31, 0, 0, 0, 0, time.Local)})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.invent(request{asked: "How is it?"}, Rule{}).text; got != "It was so." {
		t.Errorf("before, it says %q", got)
	}
	for body, want := range map[string]int{`{"date": "tomorrow"}`: 400, `{"day": "2026-01-02"}`: 400, `{"date": "2026-01-02"}`: 200} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("POST", "/sandbox/date", strings.NewReader(body)))
		if w.Code != want {
			t.Errorf("%s is answered %d, %s; want %d", body, w.Code, w.Body, want)
		}
	}
	if got := s.invent(request{asked: "How is it?"}, Rule{}).text; !strings.HasPrefix(got, "It is so, see [") || strings.Contains(got, "source 1") {
		t.Errorf("then, it says %q", got)
	}
}
