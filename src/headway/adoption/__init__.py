"""How a team's repository comes to use Headway, and stays current."""
