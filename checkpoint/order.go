package checkpoint

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bizbatch/checkpoint/internal/millis"
)

// An Order is what somebody wants of the run that is on, or of the next one. The
// checkpoint carries it from one process to the other; what it means is theirs.
type Order struct {
	ID     int64 // their order
	Given  time.Time
	By     string // who gave it
	What   []byte
	Reason string
	Run    int64 // that took it up; 0: none has
}

// Give leaves an order in the checkpoint at path, also while a run is on. It
// returns the order's ID. The error wraps ErrOlder where no run of this program has
// opened the checkpoint yet.
func Give(path string, o Order) (id int64, err error) {
	s := &Store{path: resolve(path)}
	if err := s.connect(dsn(s.path, "rw")); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.format < len(migrations) {
		return 0, fmt.Errorf("%s: %w", s.path, ErrOlder)
	}
	err = s.db.QueryRow("INSERT INTO orders (given, by, what, reason) VALUES (?, ?, ?, ?) RETURNING id", millis.Of(o.Given), o.By, o.What, o.Reason).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("leave an order in %s: %w", s.path, err)
	}
	return id, nil
}

// Orders returns the orders whose ID is greater than after.
func (s *Store) Orders(after int64) (list []Order, err error) {
	err = s.query(func(rows *sql.Rows) (bool, error) {
		var o Order
		err := rows.Scan(&o.ID, millis.Into(&o.Given), &o.By, &o.What, &o.Reason, &o.Run)
		list = append(list, o)
		return true, err
	}, "SELECT id, given, by, what, reason, run FROM orders WHERE id > ? ORDER BY id", after)
	if err != nil {
		return nil, fmt.Errorf("read the orders in %s: %w", s.path, err)
	}
	return list, nil
}

// TakeOrder notes that the run in progress, or the last one, took up an order.
func (s *Store) TakeOrder(id int64) error {
	return s.write(func() error {
		return s.exec("UPDATE orders SET run = (SELECT coalesce(max(id), 0) FROM runs) WHERE id = ?", id)
	})
}
