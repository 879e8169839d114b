package batch

import (
	"encoding/json"
	"fmt"

	"bizbatch/checkpoint"
)

// Prices tell what an answer costs in each ask mode: what the user said, else
// what the service said in a 402 (details.cost_cents), else the list price.
type Prices struct {
	fixed   *Money
	learned map[AskMode]Money
}

// PricesOf are the prices that a checkpoint's runs have learned; fixed, unless
// it is nil, goes before them.
func PricesOf(store *checkpoint.Store, fixed *Money) (Prices, error) {
	p := Prices{fixed: fixed, learned: map[AskMode]Money{}}
	b, err := store.Note(pricesNote)
	if err == nil && b != nil {
		err = json.Unmarshal(b, &p.learned)
	}
	if err != nil {
		return p, fmt.Errorf("read the prices in %s: %w", store.Path(), err)
	}
	return p, nil
}

const pricesNote = "prices"

// Of is what an answer costs.
func (p Prices) Of(mode AskMode) Money {
	if p.fixed != nil {
		return *p.fixed
	}
	learned, ok := p.learned[mode]
	switch {
	case !ok:
		return mode.Price()
	case mode == Auto: // what one answer cost says little of the next
		return max(learned, mode.Price())
	}
	return learned
}

// estimate is what so many answers in each mode cost.
func (p Prices) estimate(modes map[string]int) (sum Money) {
	for mode, n := range modes {
		sum += Money(n) * p.Of(AskMode(mode))
	}
	return sum
}

// learn notes what the service said, for this run and the next.
func (p Prices) learn(store *checkpoint.Store, mode AskMode, cost Money) error {
	if p.learned[mode] == cost {
		return nil
	}
	p.learned[mode] = cost
	b, err := json.Marshal(p.learned)
	if err != nil {
		return err
	}
	return store.SetNote(pricesNote, b)
}
