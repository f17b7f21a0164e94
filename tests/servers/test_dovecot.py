import pytest
import asyncio
from worker.io.imap import Account, Reader
pytestmark = pytest.mark.servers

def test_x(dovecot):
    user = dovecot.add_user("ann")
    dovecot.deliver(user, b"Subject: x\r\n\r\nhi")
    from tests_password import x
