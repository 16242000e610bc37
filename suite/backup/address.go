package backup

import (
	"errors"
	"net/url"
)

// withoutPassword parts a database's address from its password, which comes as a setting of the environment.
func withoutPassword(database string) (address string, env []string, err error) {
	u, err := url.Parse(database)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", nil, errors.New("a database's address looks like postgres://user:password@host/name") // not shown: it may hold a password
	}
	if password, set := u.User.Password(); set {
		u.User, env = url.User(u.User.Username()), []string{"PGPASSWORD=" + password}
	}
	return u.String(), env, nil
}
