package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Is reports whether the name of a checkpoint is the address of a database.
func Is(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// batchParam is the parameter of an address that names the batch.
const batchParam = "batch"

// WithBatch returns the address of a batch in the database at an address.
func WithBatch(address, batch string) (string, error) {
	u, err := parse(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set(batchParam, batch)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Batch returns the name of the batch in an address, or an empty string.
func Batch(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get(batchParam)
}

// ErrPassword: an address holds a password. Everybody on the machine can read the
// arguments of a program, and the address stands in messages and files.
var ErrPassword = errors.New("the address of the database holds a password")

// ErrAddress: an address cannot be read.
var ErrAddress = errors.New("it is not the address of a database, such as postgres://user@host/database")

// parse reads an address. No error repeats it: it may hold a password.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || !Is(u.String()) { // without host and path it is written without the slashes
		return nil, ErrAddress
	}
	_, secret := u.User.Password()
	if q := u.Query(); secret || q.Has("password") || q.Has("sslpassword") {
		return nil, ErrPassword
	}
	return u, nil
}

// config returns how to connect to the database at an address. The password comes
// from PGPASSWORD, the file ~/.pgpass or the service in PGSERVICE.
func config(address string) (*pgxpool.Config, error) {
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Del(batchParam)
	u.RawQuery = q.Encode()
	c, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrAddress, err) // pgx hides what is secret
	}
	conn := c.ConnConfig
	conn.ConnectTimeout = cmp.Or(conn.ConnectTimeout, 10*time.Second)
	conn.RuntimeParams["search_path"] = schemaName
	conn.RuntimeParams["application_name"] = "bizbatch"
	if err := requireTLS(&conn.Config); err != nil {
		return nil, err
	}
	return c, nil
}

// requireTLS refuses to send answers in the clear to another machine.
func requireTLS(c *pgconn.Config) error {
	c.Fallbacks = secure(c.Fallbacks)
	if c.TLSConfig != nil || local(c.Host) {
		return nil
	}
	if len(c.Fallbacks) == 0 {
		return &SettingError{Name: "sslmode", Why: fmt.Sprintf("%s is another machine, and the connection to it is not encrypted", c.Host),
			Hint: "use sslmode=verify-full in the address, and a certificate for the server"}
	}
	c.Host, c.Port, c.TLSConfig = c.Fallbacks[0].Host, c.Fallbacks[0].Port, c.Fallbacks[0].TLSConfig
	c.Fallbacks = c.Fallbacks[1:]
	return nil
}

// secure returns those ways to connect that nobody can listen to.
func secure(all []*pgconn.FallbackConfig) (list []*pgconn.FallbackConfig) {
	for _, f := range all {
		if f.TLSConfig != nil || local(f.Host) {
			list = append(list, f)
		}
	}
	return list
}

// local reports whether a host is this machine: a socket in a folder, or loopback.
func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || ip != nil && ip.IsLoopback()
}
