package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A PriceList tells what an answer costs in each ask mode: what the user said, else
// what the service said in a 402 (details.cost_cents), else the list price.
type PriceList struct {
	Fixed   *Money            // nil: the user said nothing
	Learned map[AskMode]Money // what a 402 said, or the dearest answer cost
	Listed  AskModes          // with their list prices
}

// PricesOf gives the prices that a checkpoint's runs have learned, and those of
// the ask modes with which its input was imported; fixed, unless it is nil, goes
// before them all.
func PricesOf(store PriceStore, fixed *Money) (PriceList, error) {
	p := PriceList{Fixed: fixed, Learned: map[AskMode]Money{}}
	for name, value := range map[string]any{pricesNote: &p.Learned, modesNote: &p.Listed} {
		b, err := store.Note(name)
		if err == nil && b != nil {
			err = json.Unmarshal(b, value)
		}
		if err != nil {
			return p, fmt.Errorf("read the prices: %w", err)
		}
	}
	return p, nil
}

const (
	pricesNote = "prices"
	modesNote  = "ask modes"
)

// noteModes notes ask modes and their prices for those who read the checkpoint.
func noteModes(store PriceStore, modes AskModes) error {
	old, err := store.Note(modesNote)
	if err != nil {
		return err
	}
	b, err := json.Marshal(modes)
	if err != nil || bytes.Equal(old, b) {
		return err
	}
	return store.SetNote(modesNote, b)
}

// Of is what an answer in the mode costs.
func (p PriceList) Of(mode AskMode) Money {
	if p.Fixed != nil {
		return *p.Fixed
	}
	learned, ok := p.Learned[mode]
	switch listed := p.Listed.named(mode); {
	case !ok:
		return listed.Price
	case listed.Varies: // what one answer cost says little of the next
		return max(learned, listed.Price)
	}
	return learned
}

// estimate is what so many answers in each mode cost.
func (p PriceList) estimate(modes map[string]int) (sum Money) {
	for mode, n := range modes {
		sum += Money(n) * p.Of(AskMode(mode))
	}
	return sum
}

// learn notes what the service said, for this run and the next.
func (p PriceList) learn(store PriceStore, mode AskMode, cost Money) error {
	if p.Learned[mode] == cost {
		return nil
	}
	p.Learned[mode] = cost
	b, err := json.Marshal(p.Learned)
	if err != nil {
		return err
	}
	return store.SetNote(pricesNote, b)
}
