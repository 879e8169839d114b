package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/millis"
)

// Give leaves an order for the run that is on, or for the next one, and returns its
// ID.
func (s *Store) Give(o checkpoint.Order) (id int64, err error) {
	err = s.db().get("INSERT INTO orders (batch, given, by, what, reason) VALUES ($1, $2, $3, $4, $5) RETURNING id",
		[]any{s.batch, millis.Of(o.Given), text(o.By), o.What, text(o.Reason)}, &id)
	if err != nil {
		return 0, fmt.Errorf("leave an order in %s: %w", s.name, away(err))
	}
	return id, nil
}

// Orders returns the orders whose ID is greater than after.
func (s *Store) Orders(after int64) (list []checkpoint.Order, err error) {
	err = s.each("the orders", func(rows pgx.Rows) (bool, error) {
		o, err := scanOrder(rows)
		list = append(list, o)
		return true, err
	}, "SELECT id, given, by, what, reason, run FROM orders WHERE batch = $1 AND id > $2 ORDER BY id", s.batch, after)
	return list, err
}

// TakeOrder notes that the run in progress, or the last one, took up an order.
func (s *Store) TakeOrder(id int64) error {
	return s.write(func(d db) error {
		_, err := d.exec("UPDATE orders SET run = (SELECT coalesce(max(run), 0) FROM runs WHERE batch = $1) WHERE batch = $1 AND id = $2", s.batch, id)
		return err
	})
}

func scanOrder(rows pgx.Rows) (o checkpoint.Order, err error) {
	err = rows.Scan(&o.ID, millis.Into(&o.Given), &o.By, &o.What, &o.Reason, &o.Run)
	return o, err
}
