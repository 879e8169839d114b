package job

import (
	"encoding/json"
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint/postgres"
)

func TestWhatIsKnownOfAnAccount(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.Local)
	said := func(e batch.Error) []byte {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	pace := []byte(`{"Pace": 1.98, "Used": "` + now.Format(time.RFC3339) + `"}`)
	for want, a := range map[string]postgres.Account{
		"https://a: open":               {},
		"https://a, account 3f9a: open": {Name: "3f9a"},
		"https://a: open, 1.98 requests a second (used until 2026-09-01 12:00)":                                      {Pace: pace, Until: now},
		"https://a: left alone until 12:01:00 (429 slow down), 1.98 requests a second (used until 2026-09-01 12:00)": {Pace: pace, Until: now.Add(time.Minute), Said: said(batch.Error{Status: 429, Message: "slow down"})},
		"https://a: takes no requests (401 no such key), until a run tries again":                                    {Closed: true, Pace: pace, Said: said(batch.Error{Status: 401, Message: "no such key"})},
		"https://a: takes no requests (402 pay), until a run tries again; the balance was $0.10":                     {Closed: true, Said: said(batch.Error{Status: 402, Message: "pay", HasBalance: true, Balance: 100_000})},
		"https://a: takes no requests (it is not known why), until a run tries again":                                {Closed: true},
	} {
		a.Endpoint = "https://a"
		if got := accountLine(a, now); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
