package batch

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// costs has the nth question cost so many cents; the last of them the rest.
func costs(cents ...int) func(*Answer) (Money, bool) {
	return func(a *Answer) (Money, bool) {
		n, _ := strconv.Atoi(strings.TrimPrefix(a.Text, "answer to question "))
		c := cents[min(n, len(cents))-1]
		return Money(c) * Cent, c >= 0
	}
}

// What tokens cost is known when an answer is there: then it counts, in the
// checkpoint too, and others are taken to cost as much as the dearest. Where none is
// dearer than those before, the limit holds.
func TestTokensArePaidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		if _, err := Import(store, texts(numbered(20)...), ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		svc := newService(answers(10 * time.Second))
		o := Options{CostOf: costs(7, 2, 3, 1), MaxSpend: 20 * Cent, Workers: 8}
		sum, out := run(t, store, svc, o)
		if out.Stop != StopSpend || sum.Spent > o.MaxSpend || sum.Spent <= 13*Cent {
			t.Errorf("%+v, %v", out, sum.Spent)
		}
		if first := svc.sent[1]; first.others != 0 {
			t.Errorf("the second question was sent before the first told what one costs")
		}
		for i, r := range records(t, store)[:4] {
			if want := []Money{7, 2, 3, 1}[i] * Cent; r.Cost != want {
				t.Errorf("question %s cost %v, want %v", r.ID, r.Cost, want)
			}
		}
		// The next run knows what the dearest cost: 7 cents are more than it may spend.
		sum, out = run(t, store, svc, Options{CostOf: costs(1), MaxSpend: 6 * Cent})
		if out.Stop != StopSpend || out.Sum != 0 {
			t.Errorf("the next run: %+v", out)
		}
		if plan, err := readPrices(store, nil); err != nil || plan.of("") != 7*Cent {
			t.Errorf("the dearest cost %v, %v", plan.of(""), err)
		}
	})
}

func TestAnAnswerWithoutTokenCountsCostsWhatTheDearestDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		if _, err := Import(store, texts(numbered(4)...), ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		sum, out := run(t, store, newService(answers(time.Second)), Options{CostOf: costs(2, 5, -1, 1), Workers: 1})
		want(t, out, outcome{Answered: 4, Sum: 4})
		if sum.Unmetered != 1 || sum.Spent != 13*Cent {
			t.Errorf("%d without counts, spent %v", sum.Unmetered, sum.Spent)
		}
	})
}

// A limit on money cannot be kept where no answer says what it cost.
func TestALimitOnMoneyNeedsTokenCounts(t *testing.T) {
	for _, test := range []struct {
		o    Options
		want outcome
	}{
		{Options{CostOf: costs(-1), MaxSpend: Dollar}, outcome{Stop: StopSpend, Answered: enoughUnmetered, Left: 20 - enoughUnmetered, Sum: enoughUnmetered}},
		{Options{CostOf: costs(-1), MaxSpendTotal: Dollar}, outcome{Stop: StopSpend, Answered: enoughUnmetered, Left: 20 - enoughUnmetered, Sum: enoughUnmetered}},
		{Options{CostOf: costs(-1)}, outcome{Answered: 20, Sum: 20}},
		{Options{CostOf: costs(-1, -1, 2, -1), MaxSpend: Dollar}, outcome{Answered: 20, Sum: 20}},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := newStore(t)
			if _, err := Import(store, texts(numbered(20)...), ImportOptions{}); err != nil {
				t.Fatal(err)
			}
			_, out := run(t, store, newService(answers(time.Second)), test.o)
			want(t, out, test.want)
		})
	}
}
