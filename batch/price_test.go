package batch

import "testing"

func TestAtMostCountsTheDearestFirst(t *testing.T) {
	pending := map[string]int{"fast": 10, "web": 2, "deep": 1}
	price := 50 * Cent
	modes := AskModes{Modes: []Mode{{Name: "fast", Price: 24 * Cent}, {Name: "web", Price: 30 * Cent}, {Name: "deep", Price: 150 * Cent}}}
	for _, tt := range []struct {
		n      int
		prices priceList
		want   Money
	}{
		{1, priceList{listed: modes}, 150 * Cent}, {3, priceList{listed: modes}, 210 * Cent}, {4, priceList{listed: modes}, 234 * Cent},
		{99, priceList{listed: modes}, 450 * Cent}, {4, priceList{fixed: &price, listed: modes}, 200 * Cent},
		{2, priceList{listed: modes, learned: map[AskMode]Money{"fast": 175 * Cent}}, 350 * Cent},
	} {
		if got := tt.prices.atMost(tt.n, pending); got != tt.want {
			t.Errorf("%d questions: %s, want %s", tt.n, got, tt.want)
		}
	}
}
