package sandbox_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/internal/sandbox"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tidwall/gjson"
)

func TestPriceFollowsTheAskMode(t *testing.T) {
	for _, row := range []struct {
		name  string
		extra object
		cents int64
	}{
		{"no ask mode", nil, 24},
		{"fast", object{"askMode": "tax_research_fast_research"}, 24},
		{"web search", object{"askMode": "tax_research_web_search"}, 30},
		{"deep research", object{"askMode": "tax_research_deep_research"}, 150},
		{"auto", object{"askMode": "auto"}, 150},
		{"the older switch for web search", object{"webSearch": true}, 30},
		{"the older switch for deep research", object{"deepResearch": true}, 150},
		{"an ask mode against a switch", object{"askMode": "tax_research_web_search", "deepResearch": true}, 30},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, sandbox.Options{Shape: sandbox.Short, Balance: new(2.0)})
			got := ask(t, s, human(question, row.extra))
			if l := s.Ledger(); l.ChargedCents != row.cents || *l.BalanceCents != 200-row.cents {
				t.Errorf("charged %d, balance %d, want %d charged", l.ChargedCents, *l.BalanceCents, row.cents)
			}
			if !got.whole() {
				t.Errorf("no answer: %.200s", got.body)
			}
		})
	}
}

func TestBalanceCoversNoMoreThanItHolds(t *testing.T) {
	s := start(t, sandbox.Options{Shape: sandbox.Short, Balance: new(2.50)})
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			got := ask(t, s, human(fmt.Sprintf("question %d", i)))
			mu.Lock()
			defer mu.Unlock()
			statuses[got.status]++
			if got.status == 402 && !strings.Contains(got.body, `"details":{"balance_before_cents":10,"cost_cents":24}`) {
				t.Errorf("the refusal says %s", got.body)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[int]int{200: 10, 402: 30}, statuses); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(statuses, s.Ledger().ByStatus); diff != "" {
		t.Error(diff)
	}

	resp, err := client.Post(s.URL+"/sandbox/credits", "application/json", strings.NewReader(`{"dollars": 0.38}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != `{"balance_cents":48}` {
		t.Errorf("adding credits says %s", body)
	}
	for i, want := range []int{200, 200, 402} {
		if got := ask(t, s, human(question)); got.status != want {
			t.Errorf("request %d after adding credits: %d, want %d", i+1, got.status, want)
		}
	}
}

func TestCreditsThatCannotBeAdded(t *testing.T) {
	s := start(t, sandbox.Options{})
	for body, want := range map[string]int{
		`{"dollars": 5}`: http.StatusConflict, `5`: http.StatusBadRequest, `{"cents": 500}`: http.StatusBadRequest,
		strings.Repeat(" ", 1<<10) + `{"dollars": 5}`: http.StatusBadRequest, // longer than any amount
	} {
		resp, err := client.Post(s.URL+"/sandbox/credits", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: status %d, want %d", body, resp.StatusCode, want)
		}
	}
}

func TestRateLimitIsATokenBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := sandbox.New(sandbox.Options{Shape: sandbox.Short, RPM: 30, Burst: 3})
		if err != nil {
			t.Fatal(err)
		}
		expect := func(when string, want ...int) {
			t.Helper()
			for i, status := range want {
				if got := record(s, human(question)); got.Code != status {
					t.Errorf("%s, request %d: %d, want %d", when, i+1, got.Code, status)
				} else if after := got.Header().Get("Retry-After"); status == 429 && after != "2" {
					t.Errorf("%s, request %d: retry after %q s, want 2", when, i+1, after)
				}
			}
		}
		expect("at first", 200, 200, 200, 429, 429)
		time.Sleep(2 * time.Second) // in the bubble
		expect("a token later", 200, 429)
		time.Sleep(time.Hour)
		expect("with a full bucket", 200, 200, 200, 429)
		if l := s.Ledger(); l.RateLimited != 4 || l.Charged != 7 || len(l.Questions) != 1 || l.Questions[0].Requests != 7 {
			t.Errorf("rate limited %d, charged %d, questions %v", l.RateLimited, l.Charged, l.Questions)
		}
	})
}

// record asks a server that listens nowhere.
func record(s *sandbox.Server, body object) *httptest.ResponseRecorder {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	req := httptest.NewRequest("POST", "/chat/completions", strings.NewReader(string(data)))
	req.Header.Set("Authorization", "Bearer key")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	return w
}

func TestMonthlyLimit(t *testing.T) {
	ends := time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		options sandbox.Options
		resetAt string
	}{
		"ends when it is said to":             {sandbox.Options{MonthlyLimit: 2, MonthEnds: ends}, "2026-12-24T12:00:00Z"},
		"ends on the first of the next month": {sandbox.Options{MonthlyLimit: 2}, "2000-02-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // where it is January 2000
				s, err := sandbox.New(row.options)
				if err != nil {
					t.Fatal(err)
				}
				for _, want := range []int{200, 200, 429, 429} {
					got := record(s, human(question))
					if got.Code != want {
						t.Fatalf("status %d, want %d", got.Code, want)
					}
					if want == 200 {
						continue
					}
					problem := gjson.Get(got.Body.String(), "error")
					if problem.Get("message").String() != "Monthly usage limit reached" || problem.Get("details.reset_at").String() != row.resetAt {
						t.Errorf("the refusal says %s, want reset_at %s", problem, row.resetAt)
					}
				}
			})
		})
	}
}

func TestLedger(t *testing.T) {
	s := start(t, sandbox.Options{Shape: sandbox.Short, Balance: new(5.0), Script: sandbox.Script{Rules: []sandbox.Rule{
		{Match: "second", CutAfterChunks: new(4), Times: 1},
		{Match: "third", Status: 500},
	}}})
	deep := object{"askMode": "tax_research_deep_research"}
	for _, body := range []object{human("first", deep), human("second"), human("third"), human("second"), human("first")} {
		ask(t, s, body)
	}
	resp, err := client.Get(s.URL + "/sandbox/ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got sandbox.Ledger
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := sandbox.Ledger{
		Requests: 5, Answered: 3, Charged: 4, ChargedCents: 150 + 3*24, BalanceCents: new(int64(500 - 150 - 3*24)),
		MaxInFlight: 1, ByStatus: map[int]int{200: 4, 500: 1},
		Questions: []sandbox.Question{
			{Question: "first", AskMode: "tax_research_deep_research", Requests: 1, Charged: 1, ChargedCents: 150, Answered: 1},
			{Question: "second", Requests: 2, Charged: 2, ChargedCents: 48, Answered: 1},
			{Question: "third", Requests: 1},
			{Question: "first", Requests: 1, Charged: 1, ChargedCents: 24, Answered: 1},
		},
	}
	times := cmpopts.IgnoreTypes(time.Time{}, []time.Time{})
	if diff := cmp.Diff(want, got, times); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(s.Ledger(), got); diff != "" { // times as well
		t.Error(diff)
	}
	if len(got.Sent) != 5 || !got.Questions[1].FirstAt.Equal(got.Sent[1]) || !got.Questions[1].LastAt.Equal(got.Sent[3]) {
		t.Errorf("sent %v, questions %v", got.Sent, got.Questions)
	}
}

func TestNewServersLedgerIsEmptyAndNotNull(t *testing.T) {
	s := start(t, sandbox.Options{})
	resp, err := client.Get(s.URL + "/sandbox/ledger")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if got := gjson.GetBytes(body, "[questions,sent,balance_cents]").String(); got != "[[],[],null]" {
		t.Errorf("questions, sent and balance are %s", got)
	}
}

// A client may stop reading at the finish reason, and ask its next question.
func TestRequestEndsWithItsFinishReason(t *testing.T) {
	s := scripted(t, sandbox.Rule{SilenceAfterChunks: new(20)}) // all chunks, but no [DONE]
	resp, err := client.Do(newRequest(t, s, human(question)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), `"finish_reason":"stop"`) {
	}
	if l := s.Ledger(); lines.Err() != nil || l.InFlight != 0 || l.Answered != 1 {
		t.Errorf("read to %v, in flight %d, answered %d; want nil, 0, 1", lines.Err(), l.InFlight, l.Answered)
	}
}

func TestManyClients(t *testing.T) {
	const clients, each = 8, 25
	s := start(t, sandbox.Options{Shape: sandbox.Short})
	pooled := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer pooled.CloseIdleConnections()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for j := range each {
				resp, err := pooled.Do(newRequest(t, s, human(fmt.Sprintf("question %d.%d", i, j))))
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	l := s.Ledger()
	if l.MaxInFlight > clients || l.Answered != clients*each || l.InFlight != 0 {
		t.Errorf("at most %d in flight, %d answered, %d in flight at the end", l.MaxInFlight, l.Answered, l.InFlight)
	}
	for _, q := range l.Questions {
		if q.Charged != 1 {
			t.Errorf("%q was charged %d times", q.Question, q.Charged)
		}
	}
}
