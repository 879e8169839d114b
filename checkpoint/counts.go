package checkpoint

import (
	"database/sql"
	"fmt"
)

// Counts are the numbers of requests of the last input by state, and the money
// spent.
type Counts struct {
	Rows, Skipped int
	States        map[State]int  // requests by state
	Reasons       map[string]int // failed requests by reason
	Labels        map[string]int // answered requests with a label, by label
	Spent         int64          // for the answers of the last input
	SpentTotal    int64          // for all answers in the checkpoint
	PaidByMode    map[string]int // answers that this checkpoint paid for
	SpentByMode   map[string]int64
	PendingByMode map[string]int // including running ones
}

// NewCounts returns the counts of an empty checkpoint. It is for engines.
func NewCounts() Counts {
	return Counts{
		States: map[State]int{}, Reasons: map[string]int{}, Labels: map[string]int{},
		PaidByMode: map[string]int{}, SpentByMode: map[string]int64{}, PendingByMode: map[string]int{},
	}
}

// AddRequests adds requests that are alike: whether they are those of the last input,
// their state, mode, and reason or label, their number, how many this checkpoint paid
// for, and what their answers cost. It is for engines.
func (c *Counts) AddRequests(scan func(...any) error) error {
	var current bool
	var state State
	var mode, reason string
	var n, paid int
	var cost int64
	if err := scan(&current, &state, &mode, &reason, &n, &paid, &cost); err != nil {
		return err
	}
	c.SpentTotal += cost
	if !current {
		return nil
	}
	c.States[state] += n
	c.Spent += cost
	switch state {
	case Answered:
		c.PaidByMode[mode] += paid
		c.SpentByMode[mode] += cost
		if reason != "" {
			c.Labels[reason] += n
		}
	case Failed:
		c.Reasons[reason] += n
	default:
		c.PendingByMode[mode] += n
	}
	return nil
}

// AddEarlier adds earlier answers to requests that are alike: whether they are those
// of the last input, their mode, how many answers this checkpoint paid for, and what
// they cost. It is for engines.
func (c *Counts) AddEarlier(scan func(...any) error) error {
	var current bool
	var mode string
	var paid int
	var cost int64
	if err := scan(&current, &mode, &paid, &cost); err != nil {
		return err
	}
	c.SpentTotal += cost
	if current {
		c.Spent += cost
		c.PaidByMode[mode] += paid
		c.SpentByMode[mode] += cost
	}
	return nil
}

// Counts returns the counts, all read at one moment.
func (s *Store) Counts() (Counts, error) {
	c := NewCounts()
	err := s.query(func(rows *sql.Rows) (bool, error) { return true, c.AddRequests(rows.Scan) },
		`SELECT position > 0, state, mode, iif(state IN ('failed', 'answered'), reason, '') AS why, count(*), sum(run > 0), sum(iif(state = 'answered', cost, 0))
		FROM requests GROUP BY 1, 2, 3, 4`)
	if err == nil {
		err = s.query(func(rows *sql.Rows) (bool, error) { return true, c.AddEarlier(rows.Scan) },
			"SELECT q.position > 0, q.mode, sum(e.origin = ''), sum(e.cost) FROM earlier e JOIN requests q ON q.id = e.request GROUP BY 1, 2")
	}
	if err == nil {
		err = s.db.QueryRow("SELECT count(*), count(*) - count(request) FROM rows").Scan(&c.Rows, &c.Skipped)
	}
	if err != nil {
		return c, fmt.Errorf("count questions in %s: %w", s.path, err)
	}
	return c, nil
}
