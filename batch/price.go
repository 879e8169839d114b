package batch

import (
	"encoding/json"
	"fmt"

	"bizbatch/checkpoint"
)

// A priceList tells what an answer costs in each ask mode: what the user said, else
// what the service said in a 402 (details.cost_cents), else the list price.
type priceList struct {
	fixed   *Money
	learned map[AskMode]Money
}

// pricesOf gives the prices that a checkpoint's runs have learned; fixed, unless
// it is nil, goes before them.
func pricesOf(store *checkpoint.Store, fixed *Money) (priceList, error) {
	p := priceList{fixed: fixed, learned: map[AskMode]Money{}}
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

// of is what an answer costs.
func (p priceList) of(mode AskMode) Money {
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
func (p priceList) estimate(modes map[string]int) (sum Money) {
	for mode, n := range modes {
		sum += Money(n) * p.of(AskMode(mode))
	}
	return sum
}

// learn notes what the service said, for this run and the next.
func (p priceList) learn(store *checkpoint.Store, mode AskMode, cost Money) error {
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
